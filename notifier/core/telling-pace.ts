// How often a lot is told of. In a storm of bids its bidders displace each other thousands of times a second,
// and to be told of each would help nobody: what they need is to know soon that they stand outbid, and at what.
// Each telling brings a notification to nearly each of them, so the more they are, the longer it has to do.

export interface TellingPaceLimits {
  /** A hot lot is told of once in so long, or in longer where that brings many notifications. */
  readonly everyMs: number
  /** So many notifications does a hot lot bring in a second, */
  readonly noticesPerSecond: number
  /** unless it would be told of less often than once in so long. */
  readonly everyMsMax: number
  /** So many tellings of few notifications may follow each other faster, as long as a lot is not hot. */
  readonly burst: number
}

/**
 * The pace of each lot: some tellings as fast as they come, then one at a time, of which each is to last for
 * `everyMs` to `everyMsMax` by what it brought. Until then the lot rests, and what happens to it meanwhile is
 * told at once, as one stretch. Of each lot only one number is kept, and none of those that were not told of lately.
 */
export class TellingPace {
  readonly #limits: TellingPaceLimits
  /** By lot: until when what it was told of lasts, had each telling waited for the end of the last; epoch ms. */
  readonly #lastsUntilMs = new Map<string, number>()

  constructor(limits: TellingPaceLimits) {
    this.#limits = limits
  }

  /** These lots were told of at `nowMs`, each by so many notifications. */
  told(lots: ReadonlyMap<string, number>, nowMs: number): void {
    for (const [lotId, notices] of lots) {
      const lastsUntilMs = Math.max(nowMs, this.#lastsUntilMs.get(lotId) ?? 0)
      this.#lastsUntilMs.set(lotId, lastsUntilMs + this.#lastsMs(notices))
    }
    for (const [lotId, lastsUntilMs] of this.#lastsUntilMs) {
      if (lastsUntilMs <= nowMs) this.#lastsUntilMs.delete(lotId)
    }
  }

  /** Whether the lot is to be left alone at `nowMs`. */
  rests(lotId: string, nowMs: number): boolean {
    const lastsUntilMs = this.#lastsUntilMs.get(lotId)
    return lastsUntilMs !== undefined && this.#restMs(lastsUntilMs, nowMs) > 0
  }

  /** The lots that are to be left alone at `nowMs`, and for how long each is. */
  restingMs(nowMs: number): ReadonlyMap<string, number> {
    const resting = new Map<string, number>()
    for (const [lotId, lastsUntilMs] of this.#lastsUntilMs) {
      const restMs = this.#restMs(lastsUntilMs, nowMs)
      if (restMs > 0) resting.set(lotId, restMs)
    }
    return resting
  }

  #lastsMs(notices: number): number {
    const { everyMs, everyMsMax, noticesPerSecond } = this.#limits
    return Math.min(Math.max((notices * 1_000) / noticesPerSecond, everyMs), everyMsMax)
  }

  #restMs(lastsUntilMs: number, nowMs: number): number {
    const { everyMs, burst } = this.#limits
    return lastsUntilMs - nowMs - (burst - 1) * everyMs
  }
}
