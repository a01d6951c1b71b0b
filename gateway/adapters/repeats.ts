// Which requests are asked again, and how many of them. Whoever is alive answers within a fraction of the
// time after which a request is repeated, also where it has too much to do: it says so. So silence tells
// of a process that stands still, or of a store that does; for the sake of the latter, where repeats help
// nobody, they are few.
import type { Clock } from '../../platform/clock.ts'
import { askAgainAfterMs, repeatsPerIntervalMax } from '../limits.ts'
import type { RepeatMetrics } from './repeat-metrics.ts'

/** A request that waits for its answer, in a list of all of them: every bid enters it and leaves it. */
export interface Waiting {
  /** Set by `Repeats`: when it will have waited for long enough, and those beside it in the list. */
  dueMs: number
  before: Waiting | undefined
  after: Waiting | undefined
  /** No answer has come for a while; it is in the list no longer. */
  overdue(): void
}

export interface RepeatsOptions {
  readonly clock: Clock
  readonly metrics: RepeatMetrics
}

/** For all requests of a gateway. */
export class Repeats {
  readonly #options: RepeatsOptions
  /** In the order in which they fall due. */
  #first: Waiting | undefined
  #last: Waiting | undefined
  #isLooking = false
  #intervalEndsMs = 0
  #left = 0

  constructor(options: RepeatsOptions) {
    this.#options = options
  }

  /** Tells the request when it has waited for long enough from `nowMs` on, unless it is forgotten before. */
  watch(request: Waiting, nowMs: number): void {
    request.dueMs = nowMs + askAgainAfterMs
    request.before = this.#last
    request.after = undefined
    if (this.#last === undefined) this.#first = request
    else this.#last.after = request
    this.#last = request
    if (!this.#isLooking) this.#lookIn(askAgainAfterMs)
  }

  /** To be called once for each that is watched, and not for one that was told. */
  forget({ before, after }: Waiting): void {
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
  }

  /** Whether one more may be asked again; those of one turn travel together. */
  grant(): boolean {
    const { clock, metrics } = this.#options
    const nowMs = clock.nowMs()
    if (nowMs >= this.#intervalEndsMs) {
      this.#intervalEndsMs = nowMs + askAgainAfterMs
      this.#left = repeatsPerIntervalMax
    }
    const isGranted = this.#left > 0
    if (isGranted) this.#left -= 1
    metrics.due.inc({ asked: isGranted ? 'again' : 'no_more' })
    return isGranted
  }

  #lookIn(ms: number): void {
    this.#isLooking = true
    this.#options.clock.after(ms, () => this.#look())
  }

  #look(): void {
    const nowMs = this.#options.clock.nowMs()
    for (;;) {
      const first = this.#first
      if (first === undefined || first.dueMs > nowMs) break
      this.forget(first)
      first.overdue()
    }
    this.#isLooking = false
    if (this.#first !== undefined) this.#lookIn(this.#first.dueMs - nowMs)
  }
}
