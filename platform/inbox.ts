// The inbox of a lane: commands in the order admitted, until a batch takes them.
import { BoundedQueue } from './bounded-queue.ts'

export interface Waiting {
  /** When it entered, on this process's clock. */
  readonly admittedAtMs: number
}

/** Weight of the newest batch in the running mean of how long batches take. */
const newestWeight = 0.2

export class Inbox<Admitted extends Waiting> {
  readonly #queue: BoundedQueue<Admitted>
  readonly #batchMax: number
  #batchMs = 0
  /** When the oldest of the commands was admitted that were taken and are not on their way yet. */
  #takenSinceMs = Number.POSITIVE_INFINITY
  #isClosed = false
  #wake = (): void => {}

  /** `commandsMax` may wait; `batchMax` of them are one batch. */
  constructor(commandsMax: number, batchMax: number) {
    this.#queue = new BoundedQueue(commandsMax)
    this.#batchMax = batchMax
  }

  get isEmpty(): boolean {
    return this.#queue.size === 0
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** False where there is no room. */
  push(admitted: Admitted): boolean {
    if (!this.#queue.push(admitted, admitted.admittedAtMs)) return false
    this.#wake()
    return true
  }

  /**
   * How long a command that enters now would wait until its batch begins, beyond the one under way: the
   * full batches before it at their recent pace, or as long as the oldest waits already.
   */
  expectedWaitMs(nowMs: number): number {
    const batchesBefore = Math.floor(this.#queue.size / this.#batchMax)
    const oldestMs = Math.max(this.#queue.oldestWaitMs(nowMs), nowMs - this.#takenSinceMs)
    return Math.max(batchesBefore * this.#batchMs, oldestMs)
  }

  /** Takes at most `countMax` commands, the oldest first. They wait on until `sent` is called. */
  drain(countMax: number): readonly Admitted[] {
    const taken = this.#queue.drain(countMax)
    const [oldest] = taken
    if (oldest !== undefined) {
      this.#takenSinceMs = Math.min(this.#takenSinceMs, oldest.admittedAtMs)
    }
    return taken
  }

  /** Whatever was taken is on its way or went elsewhere; returns since when the oldest of it had waited. */
  sent(): number {
    const sinceMs = this.#takenSinceMs
    this.#takenSinceMs = Number.POSITIVE_INFINITY
    return sinceMs
  }

  /** Resolves when something waits, or nothing will come any more. For one who waits at a time. */
  async more(): Promise<undefined> {
    if (!this.isEmpty || this.#isClosed) return undefined
    return new Promise((resolve) => {
      this.#wake = () => resolve(undefined)
    })
  }

  /** Tells how long a batch took, for the estimate. */
  batchTook(ms: number): void {
    this.#batchMs += newestWeight * (ms - this.#batchMs)
  }

  /** What waits may still be taken; whoever waits for more learns that nothing comes. */
  close(): void {
    this.#isClosed = true
    this.#wake()
  }
}
