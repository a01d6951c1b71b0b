// The points of one limit, of which this process holds some for each key: what it holds it gives without
// asking anybody, and only when that is used up are more taken from the counter of all processes.
import { RateLimiterRes } from 'rate-limiter-flexible'
import type { Clock } from '../clock.ts'
import type { LimitVerdict } from './limits.ts'
import { Tallies, type Tally } from './tallies.ts'

export interface LeasedPointsOptions {
  /** Counts over all processes: rejects with its count where more than `points` are taken in a window. */
  readonly counter: {
    consume(key: string, about: string, points: number): Promise<RateLimiterRes>
  }
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
interface Lease extends Tally<Lease> {
  /** Points it may still give. */
  left: number
  /** Own points that the counter has not been told of. */
  owed: number
  /** Never while it is asked about: the counter will say it. */
  endsAtMs: number
  /** The counter had no more; until the window's end nobody is asked again. */
  isUsedUp: boolean
  /** Who waits for an answer of the counter. */
  waiting: number
  asking: Promise<void> | undefined
}

/** A key that was never seen: its first window begins with its first take. */
function beginLease(about: string): Lease {
  return {
    about,
    left: 0,
    owed: 0,
    endsAtMs: 0,
    isUsedUp: false,
    waiting: 0,
    asking: undefined,
    others: undefined,
  }
}

export class LeasedPoints {
  readonly #options: LeasedPointsOptions
  readonly #leases: Tallies<Lease>

  constructor(options: LeasedPointsOptions) {
    this.#options = options
    this.#leases = new Tallies(options.windowMs, keysMax, beginLease)
  }

  /** Gives one of the points that this process holds; false where it holds none. */
  give(key: string, about: string, nowMs: number): boolean {
    return giveOf(this.#leaseOf(key, about, nowMs))
  }

  /** A promise only where the counter has to be asked. Rejects where the counter fails. */
  take(key: string, about: string, nowMs: number): LimitVerdict | Promise<LimitVerdict> {
    const lease = this.#leaseOf(key, about, nowMs)
    if (giveOf(lease)) return allowed
    if (lease.isUsedUp) {
      return { allowed: false, retryAfterMs: Math.max(1, Math.ceil(lease.endsAtMs - nowMs)) }
    }
    return this.#takeAfterAsking(key, about, lease)
  }

  async #takeAfterAsking(key: string, about: string, lease: Lease): Promise<LimitVerdict> {
    lease.waiting += 1
    try {
      await (lease.asking ??= this.#ask(key, about, lease))
    } finally {
      lease.waiting -= 1
    }
    return await this.take(key, about, this.#options.clock.nowMs())
  }

  async #ask(key: string, about: string, lease: Lease): Promise<void> {
    const { counter, points, chunk, clock } = this.#options
    const wanted = Math.max(chunk, lease.waiting)
    const { endsAtMs } = lease
    lease.endsAtMs = Infinity
    try {
      const count = await counter.consume(key, about, lease.owed + wanted).catch(countOf)
      const granted = Math.min(wanted, points + wanted - count.consumedPoints)
      lease.left = Math.max(0, granted)
      lease.isUsedUp = granted < wanted
      lease.owed = 0
      lease.endsAtMs = clock.nowMs() + count.msBeforeNext
    } catch (error) {
      lease.endsAtMs = endsAtMs
      throw error
    } finally {
      lease.asking = undefined
    }
  }

  #leaseOf(key: string, about: string, nowMs: number): Lease {
    const lease = this.#leases.of(key, about, nowMs)
    if (nowMs >= lease.endsAtMs) this.#begin(lease, nowMs)
    return lease
  }

  #begin(lease: Lease, nowMs: number): void {
    const { own, windowMs } = this.#options
    lease.left = own
    lease.owed = own
    lease.isUsedUp = false
    lease.endsAtMs = nowMs + windowMs
  }
}

function giveOf(lease: Lease): boolean {
  if (lease.left === 0) return false
  lease.left -= 1
  return true
}

/** The library rejects with its count where the limit is reached, and with an error where it fails. */
function countOf(reason: unknown): RateLimiterRes {
  if (reason instanceof RateLimiterRes) return reason
  throw reason
}
