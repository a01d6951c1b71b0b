// Which requests are asked again, and how many of them. Whoever is alive answers within a fraction of the
// time after which a request is repeated, also where it has too much to do: it says so. So silence tells
// of a process that stands still, or of a store that does; for the sake of the latter, where repeats help
// nobody, they are few.
import { Deadlines, type Expiring } from '../../platform/bus/deadlines.ts'
import type { Clock } from '../../platform/clock.ts'
import { askAgainAfterMs, repeatsPerIntervalMax } from '../limits.ts'
import type { RepeatMetrics } from './repeat-metrics.ts'

export interface RepeatsOptions {
  readonly clock: Clock
  readonly metrics: RepeatMetrics
}

/** For all requests of a gateway. */
export class Repeats {
  readonly #options: RepeatsOptions
  readonly #deadlines: Deadlines
  #intervalEndsMs = 0
  #left = 0

  constructor(options: RepeatsOptions) {
    this.#options = options
    this.#deadlines = new Deadlines(options.clock)
  }

  /** Tells the request when it has waited for long enough, unless it is forgotten before. */
  watch(request: Expiring): void {
    this.#deadlines.add(request)
  }

  forget(request: Expiring): void {
    this.#deadlines.remove(request)
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
}
