// What this bench and the processes that it forks say to each other: a crowd of bidders, and the servers that one
// would write instead of Outcry.
import type { Account } from '../bids/ledger.ts'
import type { Failed } from '../peers/obey.ts'

export interface JoinOrder {
  /** `http://host:port` of the server. */
  readonly url: string
  /** By which the bidders' tokens are signed. */
  readonly secret: string
  readonly bidders: number
  readonly lotId: string
}

export interface BiddingOrder {
  /** Goes by before anything is counted. */
  readonly warmUpMs: number
  readonly measureMs: number
  /** Bids that are due each second, whatever was answered. Default: each bidder waits for its last answer. */
  readonly perSecond?: number
}

export interface BiddingResult {
  /** All that were answered, also before and after the measured time. */
  readonly answered: number
  /**
   * Accepted, and refused (too low, or held off for now), of those that were answered within the measured time; at a
   * pace, of those that were due in it.
   */
  readonly accepted: number
  readonly refused: number
  /** From when a bid was due, or sent, until it was answered. */
  readonly medianMs: number
  readonly p99Ms: number
}

export type ToCrowd =
  | { readonly type: 'join'; readonly order: JoinOrder }
  | { readonly type: 'bid'; readonly order: BiddingOrder }
  | { readonly type: 'account' }

export type FromCrowd =
  | { readonly type: 'joined'; readonly pid: number }
  | { readonly type: 'hasBid'; readonly result: BiddingResult }
  | { readonly type: 'accounted'; readonly account: Account }
  | Failed

/** How a server makes bids durable. */
export type PlainWriting = 'together' | 'oneByOne'

export interface ServeOrder {
  readonly writing: PlainWriting
  readonly databaseUrl: string
  /** At one time; so many connections to the database may be made. */
  readonly bidders: number
}

export interface ToPlainServer {
  readonly type: 'serve'
  readonly order: ServeOrder
}

export type FromPlainServer =
  | {
      readonly type: 'serving'
      readonly port: number
      readonly pid: number
      readonly lotId: string
    }
  | Failed
