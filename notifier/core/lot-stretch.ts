// What the notifier reads of a lot to tell its bidders: a stretch of its log, as narrow as it can be. In a
// storm a stretch has thousands of events, and what holds at its end is in a few hundred of them.
import type { LotEventType, LotView } from '../../protocol/auction.ts'
import type { LotEntry } from './lot-commit.ts'
import { UnderivableError } from './notice.ts'

/** One event of a lot's public history, and what it turned. */
export interface LotTurn {
  readonly seq: number
  /** When it was decided, epoch ms. */
  readonly atMs: number
  readonly type: LotEventType
  /** The aliases that led before and after it, or null. */
  readonly leaderBefore: string | null
  readonly leader: string | null
  /** With a bid: the alias of who made it; else null. */
  readonly bidder: string | null
  readonly concerned: LotEntry['concerned']
}

/** An accepted bid. */
export type LotBid = Pick<LotTurn, 'seq' | 'atMs'>

/** Commits to one lot that follow each other, read at once. */
export interface LotStretch {
  readonly source: 'lot'
  readonly aggregateId: string
  readonly fromSeq: number
  readonly toSeq: number
  /** How many events of it are in the log. */
  readonly events: number
  /** In order; of those that concern the same people in the same way, the last, and so the very last one. */
  readonly turns: readonly LotTurn[]
  /** In order; none where no webhook wants them. */
  readonly bids: readonly LotBid[]
  /** The lot after it; undefined where the last event is missing. */
  readonly lot: LotView | undefined
  /** Everybody with a standing bid, where the lot ended in this stretch; else nobody. */
  readonly bidders: readonly string[]
  /** Where the lot ended in this stretch. */
  readonly sellerId?: string
}

/** The lot as the stretch left it. @throws UnderivableError where events of the stretch are missing. */
export function lotAfter({ aggregateId, fromSeq, toSeq, events, lot }: LotStretch): LotView {
  if (lot === undefined || events !== toSeq - fromSeq + 1) {
    throw new UnderivableError(`${aggregateId} lacks events between ${fromSeq} and ${toSeq}`)
  }
  return lot
}

const ends: readonly LotEventType[] = ['lot_closed', 'lot_withdrawn', 'lot_cancelled']

/** The event by which the lot ended, where that is in the stretch: nothing happens to a lot after it. */
export function endOf({ turns }: Pick<LotStretch, 'turns'>): LotTurn | undefined {
  return turns.findLast(({ type }) => ends.includes(type))
}
