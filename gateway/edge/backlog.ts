// What a socket has been given and has not taken. Only sockets that lag behind have one.
import { socketBufferSoftBytesMax, socketStuckMs } from '../limits.ts'

/** What shall become of a socket that lags behind. */
export type BacklogVerdict =
  | 'wait'
  /** It leaves the fan-out of its state channels until it has drained. */
  | 'step_aside'
  /** It owes what may not be skipped, and takes nothing: it is closed. */
  | 'overflow'

export class Backlog {
  /** When bytes were last seen to go, epoch ms. */
  #movedMs: number
  /** Whether replies or durable publications are among the bytes that wait. */
  #owes = false
  /** The state channels whose fan-out the socket has left, by the seq it was told last. */
  readonly #behind = new Map<string, number>()

  constructor(nowMs: number) {
    this.#movedMs = nowMs
  }

  moved(nowMs: number): void {
    this.#movedMs = nowMs
  }

  owe(): void {
    this.#owes = true
  }

  judge(waitingBytes: number, nowMs: number): BacklogVerdict {
    const isStuck = nowMs - this.#movedMs >= socketStuckMs
    if (isStuck && this.#owes) return 'overflow'
    return isStuck || waitingBytes > socketBufferSoftBytesMax ? 'step_aside' : 'wait'
  }

  /**
   * Leaves the fan-out of `channels`, as far as `pause` does not say by undefined that nothing may be skipped
   * there. `missedSince` is the seq after which it may have missed anything; without it, nothing so far.
   * @returns how many it has left that it was on
   */
  stepAside(
    channels: readonly string[],
    pause: (channel: string) => number | undefined,
    missedSince: number | undefined,
  ): number {
    let left = 0
    for (const channel of channels) {
      const known = this.#behind.get(channel)
      const told = known ?? pause(channel)
      if (told === undefined) continue
      this.#behind.set(channel, missedSince ?? told)
      if (known === undefined) left += 1
    }
    return left
  }

  /** Goes back to all that was left: `resume` is told each channel, and the seq that the socket knows. */
  rejoin(resume: (channel: string, seq: number) => void): void {
    const channels = [...this.#behind]
    this.#behind.clear()
    for (const [channel, seq] of channels) resume(channel, seq)
  }

  /** The socket is on the channel no more. */
  forget(channel: string): void {
    this.#behind.delete(channel)
  }
}
