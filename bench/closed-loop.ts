// Senders who each send the next message when the one before is answered, as fast as it goes.

export interface LoopOptions {
  readonly senders: number
  /** Goes by before anything is counted: connections, prepared statements, warm code. */
  readonly warmUpMs: number
  readonly measureMs: number
  /** Resolves when the message is durable; throws where it was not taken, which ends the run. */
  readonly send: (sender: number) => Promise<void>
}

export interface Measured {
  /** Counted ones, and all that were sent. */
  readonly messages: number
  readonly sent: number
  readonly perSecond: number
  /** From sending to the answer. */
  readonly medianMs: number
  readonly p99Ms: number
}

/** @throws what `send` throws. */
export async function closedLoop(options: LoopOptions): Promise<Measured> {
  const { senders, warmUpMs, measureMs, send } = options
  const fromMs = performance.now() + warmUpMs
  const untilMs = fromMs + measureMs
  const tookMs: number[] = []
  let sent = 0
  const loop = async (sender: number): Promise<void> => {
    for (;;) {
      const startedMs = performance.now()
      if (startedMs >= untilMs) return
      await send(sender)
      sent += 1
      const endedMs = performance.now()
      if (endedMs >= fromMs && endedMs < untilMs) tookMs.push(endedMs - startedMs)
    }
  }
  await Promise.all(Array.from({ length: senders }, (_, sender) => loop(sender)))
  tookMs.sort((one, other) => one - other)
  return {
    messages: tookMs.length,
    sent,
    perSecond: tookMs.length / (measureMs / 1_000),
    medianMs: quantile(tookMs, 0.5),
    p99Ms: quantile(tookMs, 0.99),
  }
}

/** Of numbers in order; 0 where there is none. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
