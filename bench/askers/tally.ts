// What came of the questions of one run.
import { quantile } from '../closed-loop.ts'
import type { Verdict } from './matters.ts'
import type { Asked, AskOrder } from './words.ts'

export class Tally {
  readonly isAtPace: boolean
  readonly untilMs: number
  readonly #fromMs: number
  readonly #measureMs: number
  #answered = 0
  #accepted = 0
  #countedAccepted = 0
  #countedRefused = 0
  readonly #tookMs: number[] = []

  /** Begins now. */
  constructor({ warmUpMs, measureMs, perSecond }: AskOrder) {
    this.isAtPace = perSecond !== undefined
    this.#fromMs = performance.now() + warmUpMs
    this.#measureMs = measureMs
    this.untilMs = this.#fromMs + measureMs
  }

  /** @param sinceMs when the question was due, or sent */
  answered(verdict: Verdict, sinceMs: number): void {
    const nowMs = performance.now()
    this.#answered += 1
    if (verdict === 'accepted') this.#accepted += 1
    // The slowest answers at a pace come after the measured time, and are not to be missed.
    const atMs = this.isAtPace ? sinceMs : nowMs
    if (atMs < this.#fromMs || atMs >= this.untilMs) return
    if (verdict === 'accepted') this.#countedAccepted += 1
    else this.#countedRefused += 1
    if (typeof verdict === 'string') this.#tookMs.push(nowMs - sinceMs)
  }

  result(): Asked {
    const [accepted, refused] = [this.#countedAccepted, this.#countedRefused]
    const tookMs = this.#tookMs.toSorted((one, other) => one - other)
    return {
      answered: this.#answered,
      accepted: this.#accepted,
      acceptedPerSecond: (accepted * 1_000) / this.#measureMs,
      refusedPercent: (100 * refused) / Math.max(1, accepted + refused),
      medianMs: quantile(tookMs, 0.5),
      p99Ms: quantile(tookMs, 0.99),
    }
  }
}
