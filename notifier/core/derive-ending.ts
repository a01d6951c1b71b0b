// That a lot ends soon, told while there is time to bid. Nothing in the lot's log causes it but the clock.
import type { LotView } from '../../protocol/auction.ts'
import type { Notice } from './notice.ts'

/** No event of a lot has this seq, so each user is told once of each lot, however often it is extended. */
const clockSeq = 0

/** What each of its bidders is told at `atMs`, whoever leads; nobody else has a reason to be in a hurry. */
export function deriveEnding(lot: LotView, bidders: readonly string[], atMs: number): Notice[] {
  const { lotId, title, currency, price, minNext, endsAt } = lot
  const data = { lotId, title, currency, minNext, endsAt, ...(price === null ? {} : { price }) }
  return bidders.map((userId) => ({
    userId,
    type: 'lot_ending',
    source: 'lot',
    aggregateId: lotId,
    causeSeq: clockSeq,
    atMs,
    data,
  }))
}
