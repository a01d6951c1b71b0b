// What the gateway may read of lots: the committed public state and history.
import type {
  BidPage,
  LotPublication,
  LotView,
  OwnStanding,
  PublicBid,
} from '../../protocol/auction.ts'

export interface LotRecord {
  readonly sellerId: string
  readonly view: LotView
  /** Newest first, at most 20; all of seq ≤ view.seq. */
  readonly bids: readonly PublicBid[]
}

export interface LotBook {
  /** The lot at one committed instant, or undefined where there is none. Calls due in one turn are one query. */
  lot(lotId: string): Promise<LotRecord | undefined>
  /** How `userId` stands on the lot; undefined where it has no standing bid. */
  standing(lotId: string, userId: string): Promise<OwnStanding | undefined>
  bids(lotId: string, page: { readonly before?: number; readonly limit: number }): Promise<BidPage>
  /** Publications by seq: after `after` upwards, or before `before` downwards when `reverse`. */
  publications(
    lotId: string,
    range: StreamRange,
  ): Promise<readonly { readonly seq: number; readonly publication: LotPublication }[]>
}

export interface StreamRange {
  /** Exclusive bound to start from; undefined: from the beginning (from the end when `reverse`). */
  readonly from?: number
  readonly limit: number
  readonly reverse: boolean
}
