// How often a lot is told of. In a storm of bids its bidders displace each other thousands of times a second,
// and to be told of each would help nobody: what they need is to know soon that they stand outbid, and at what.

export interface TellingPaceLimits {
  /** A hot lot is told of once in so long. */
  readonly everyMs: number
  /** So many tellings may follow each other faster, as long as a lot is not hot. */
  readonly burst: number
}

/**
 * The pace of each lot: `burst` tellings as fast as they come, then one in `everyMs`. Until then the lot rests,
 * and what happens to it meanwhile is told at once, as one stretch. Of each lot only one number is kept, and
 * none of those that were not told of lately.
 */
export class TellingPace {
  readonly #limits: TellingPaceLimits
  /** By lot: when it would have been told of as often, had it kept to `everyMs` from the first on; epoch ms. */
  readonly #paidUntilMs = new Map<string, number>()

  constructor(limits: TellingPaceLimits) {
    this.#limits = limits
  }

  /** These lots were told of at `nowMs`. */
  told(lotIds: readonly string[], nowMs: number): void {
    const { everyMs } = this.#limits
    for (const lotId of lotIds) {
      const paidUntilMs = Math.max(nowMs, this.#paidUntilMs.get(lotId) ?? 0)
      this.#paidUntilMs.set(lotId, paidUntilMs + everyMs)
    }
    for (const [lotId, paidUntilMs] of this.#paidUntilMs) {
      if (paidUntilMs <= nowMs) this.#paidUntilMs.delete(lotId)
    }
  }

  /** Whether the lot is to be left alone at `nowMs`. */
  rests(lotId: string, nowMs: number): boolean {
    const paidUntilMs = this.#paidUntilMs.get(lotId)
    return paidUntilMs !== undefined && this.#restMs(paidUntilMs, nowMs) > 0
  }

  /** The lots that are to be left alone at `nowMs`, and for how long each is. */
  restingMs(nowMs: number): ReadonlyMap<string, number> {
    const resting = new Map<string, number>()
    for (const [lotId, paidUntilMs] of this.#paidUntilMs) {
      const restMs = this.#restMs(paidUntilMs, nowMs)
      if (restMs > 0) resting.set(lotId, restMs)
    }
    return resting
  }

  #restMs(paidUntilMs: number, nowMs: number): number {
    const { everyMs, burst } = this.#limits
    return paidUntilMs - nowMs - (burst - 1) * everyMs
  }
}
