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
  /** The most the bidder pays. Secret, unless the price has reached it. */
  readonly max: number
  /** `decisionNo` of the bid that set `max`; at equal maxima the lower one leads. */
  readonly rank: number
  /** What an exact bid made visible; 0 for a proxy. */
  readonly floor: number
  /** 1 for the first bidder of the lot, 2 for the second …: `Bidder 1`. Kept for the life of the lot. */
  readonly aliasNo: number
}

/** What moves. A new value after each decision; never changed in place. */
export interface LotNow {
  readonly state: LotState
  readonly round: number
  /** Public events so far, gap-free. */
  readonly seq: number
  /** Decisions so far, refusals included, gap-free. */
  readonly decisionNo: number
  readonly price: number | null
  readonly leaderId: string | null
  readonly reserveMet: boolean
  readonly bidCount: number
  readonly bidderCount: number
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly originalEndsAtMs: number
  readonly extensions: number
  /** When the newest command was admitted; the next one is never admitted before it. */
  readonly admittedAtMs: number
  readonly result: LotResult | null
}

/** Standings by bidder. The core reads; who keeps them decides how (see `draft.ts`). */
export interface Standings {
  get(bidderId: string): Standing | undefined
  /** All of them, in no order: for a retraction and for the end, not for a bid. */
  entries(): Iterable<readonly [string, Standing]>
}

export interface Lot {
  readonly rules: LotRules
  readonly now: LotNow
  readonly standings: Standings
}
