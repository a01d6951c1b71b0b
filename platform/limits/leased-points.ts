// The points of one limit, of which this process holds some for each key: what it holds it gives without
// asking anybody, and only when that is used up are more taken from the counter of all processes.
import { RateLimiterRes } from 'rate-limiter-flexible'
import type { Clock } from '../clock.ts'
import type { LimitVerdict } from './limits.ts'
import { Tallies } from './tallies.ts'

export interface LeasedPointsOptions {
  /** Counts over all processes: rejects with its count where more than `points` are taken in a window. */
  readonly counter: { consume(key: string, points: number): Promise<RateLimiterRes> }
  readonly points: number
  readonly windowMs: number
  /** Points of each window which this process gives before it asks; they are counted when it does. */
  readonly own: number
  /** Points taken from the counter at a time. */
  readonly chunk: number
  readonly clock: Clock
}

/** Some hundred bytes each; beyond it those seen longest ago have their own points anew. */
const keysMax = 100_000

const allowed: LimitVerdict = { allowed: true }

/** What this process knows of one key in its present window. */
interface Tally {
  /** Points it may still give. */
  left: number
  /** Own points that the counter has not been told of. */
  owed: number
  endsAtMs: number
  /** The counter had no more; until the window's end nobody is asked again. */
  isUsedUp: boolean
  /** Who waits for an answer of the counter. */
  waiting: number
  asking: Promise<void> | undefined
}

/** A key that was never seen: its first window begins with its first take. */
const unknown: Tally = {
  left: 0,
  owed: 0,
  endsAtMs: 0,
  isUsedUp: false,
  waiting: 0,
  asking: undefined,
}

export class LeasedPoints {
  readonly #options: LeasedPointsOptions
  readonly #tallies: Tallies<Tally>

  constructor(options: LeasedPointsOptions) {
    this.#options = options
    this.#tallies = new Tallies(options.windowMs, keysMax, () => ({ ...unknown }))
  }

  /** A promise only where the counter has to be asked. Rejects where the counter fails. */
  take(key: string): LimitVerdict | Promise<LimitVerdict> {
    const nowMs = this.#options.clock.nowMs()
    const tally = this.#tallyOf(key, nowMs)
    if (tally.left > 0) {
      tally.left -= 1
      return allowed
    }
    if (tally.isUsedUp) {
      return { allowed: false, retryAfterMs: Math.max(1, Math.ceil(tally.endsAtMs - nowMs)) }
    }
    return this.#takeAfterAsking(key, tally)
  }

  async #takeAfterAsking(key: string, tally: Tally): Promise<LimitVerdict> {
    tally.waiting += 1
    try {
      await (tally.asking ??= this.#ask(key, tally))
    } finally {
      tally.waiting -= 1
    }
    return await this.take(key)
  }

  async #ask(key: string, tally: Tally): Promise<void> {
    const { counter, points, chunk, clock } = this.#options
    const wanted = Math.max(chunk, tally.waiting)
    try {
      const count = await counter.consume(key, tally.owed + wanted).catch(countOf)
      const granted = Math.min(wanted, points + wanted - count.consumedPoints)
      tally.left = Math.max(0, granted)
      tally.isUsedUp = granted < wanted
      tally.owed = 0
      tally.endsAtMs = clock.nowMs() + count.msBeforeNext
    } finally {
      tally.asking = undefined
    }
  }

  #tallyOf(key: string, nowMs: number): Tally {
    const tally = this.#tallies.of(key, nowMs)
    // While it is asked about, the counter says when the window ends.
    if (nowMs >= tally.endsAtMs && tally.asking === undefined) this.#begin(tally, nowMs)
    return tally
  }

  #begin(tally: Tally, nowMs: number): void {
    const { own, windowMs } = this.#options
    tally.left = own
    tally.owed = own
    tally.isUsedUp = false
    tally.endsAtMs = nowMs + windowMs
  }
}

/** The library rejects with its count where the limit is reached, and with an error where it fails. */
function countOf(reason: unknown): RateLimiterRes {
  if (reason instanceof RateLimiterRes) return reason
  throw reason
}
