// What a lot is to the core: fixed rules, a few numbers that move, and each bidder's standing. All of
// it is plain data; whoever needs the time is given it.
import type { Increments, LotResult, LotState, LotTerms } from '../../protocol/auction.ts'

export interface LotRules {
  readonly lotId: string
  readonly sellerId: string
  readonly terms: LotTerms
  /** The terms' own bands, or the default ones. */
  readonly increments: Increments
}

/** One bidder's binding bid on the lot. Amounts in minor units. */
export interface Standing {
  /** The most the bidder pays. Secret, unless the price has reached it. 0 once all bids are retracted. */
  readonly max: number
  /** `decisionNo` of the bid that took this place; at equal maxima the lower one leads. */
  readonly rank: number
  /** What an exact bid made visible; 0 for a proxy. */
  readonly floor: number
  /** 1 for the first bidder of the lot, 2 for the second …: `Bidder 1`. Kept for the life of the lot. */
  readonly aliasNo: number
  /** The newest bid, which may be retracted. Kept only on lots whose policy knows retraction. */
  readonly latest?: LatestBid
}

export interface LatestBid {
  readonly bidId: string
  readonly placedAtMs: number
  /** The standing which comes back when this bid alone is retracted; null where there was none. */
  readonly before: Standing | null
}

/** What moves, and holds no secret maximum and no reserve. A new value after each decision; never changed in place. */
export interface LotNow {
  readonly state: LotState
  readonly round: number
  /** Public events so far, gap-free. */
  readonly seq: number
  /** Decisions so far, refusals included, gap-free. */
  readonly decisionNo: number
  readonly price: number | null
  /** Null exactly where `price` is: no bid stands. */
  readonly leaderId: string | null
  /** The leader's `aliasNo`; null where there is no leader. */
  readonly leaderAliasNo: number | null
  readonly reserveMet: boolean
  /** Accepted bids so far, retracted ones included. */
  readonly bidCount: number
  /** Bidders who ever had a bid accepted; the next new one is number `bidderCount + 1`. */
  readonly bidderCount: number
  readonly startsAtMs: number
  readonly endsAtMs: number
  /** The end that people set, before extensions; the hard cap counts from here. */
  readonly originalEndsAtMs: number
  readonly extensions: number
  /** When the newest command was admitted; the next one is never admitted before it. */
  readonly admittedAtMs: number
  readonly result: LotResult | null
}

/** Standings by bidder: a value, like everything here (see `standings.ts` for how that stays cheap). */
export interface Standings {
  get(bidderId: string): Standing | undefined
  /** The same standings but for one. This value stays what it was. */
  with(bidderId: string, standing: Standing): Standings
  /** All of them, in no order: for a retraction, not for a bid. To be read through at once. */
  entries(): Iterable<readonly [string, Standing]>
}

export interface Lot {
  readonly rules: LotRules
  readonly now: LotNow
  readonly standings: Standings
}
