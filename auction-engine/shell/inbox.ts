// The inbox of a lane: commands in the order admitted, until a batch takes them.
import { BoundedQueue } from '../../platform/bounded-queue.ts'
import type { EngineReply } from '../../protocol/engine.ts'
import type { LotCommand } from '../core/decision.ts'
import { inboxCommandsMax } from '../limits.ts'

/** A command on its way to its decision. */
export interface Admitted {
  readonly command: LotCommand
  readonly shard: number
  /** When it entered, on the owner's clock: this instant decides whether a bid is in time. */
  readonly admittedAtMs: number
  readonly answer: (reply: EngineReply) => void
}

/** Weight of the newest batch in the running mean of how long batches take. */
const newestWeight = 0.2

export class Inbox {
  readonly #queue = new BoundedQueue<Admitted>(inboxCommandsMax)
  readonly #batchMax: number
  #batchMs = 0
  #isClosed = false
  #wake: (() => void) | undefined

  /** `batchMax`: as many commands as are taken at once. */
  constructor(batchMax: number) {
    this.#batchMax = batchMax
  }

  get isEmpty(): boolean {
    return this.#queue.size === 0
  }

  /** False where there is no room. */
  push(admitted: Admitted): boolean {
    if (!this.#queue.push(admitted, admitted.admittedAtMs)) return false
    this.#wake?.()
    return true
  }

  /**
   * How long a command that enters now would wait until its batch begins, beyond the one under way: the
   * full batches before it at their recent pace, or as long as the oldest waits already.
   */
  expectedWaitMs(nowMs: number): number {
    const batchesBefore = Math.floor(this.#queue.size / this.#batchMax)
    return Math.max(batchesBefore * this.#batchMs, this.#queue.oldestWaitMs(nowMs))
  }

  /** Everything that waits, at most a batch; waits for it where nothing does. Empty once closed. */
  async take(): Promise<readonly Admitted[]> {
    while (this.isEmpty && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#wake = undefined
    return this.#queue.drain(this.#batchMax)
  }

  /** Tells how long a batch took, for the estimate. */
  batchTook(ms: number): void {
    this.#batchMs += newestWeight * (ms - this.#batchMs)
  }

  /** What waits is still taken; then `take` gives nothing more. */
  close(): void {
    this.#isClosed = true
    this.#wake?.()
  }
}
