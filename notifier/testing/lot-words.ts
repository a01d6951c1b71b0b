// Lots and events for the notifier's tests, as an engine would have written them.
import type { LotEventType, LotPublication, LotView } from '../../protocol/auction.ts'
import type { LotEntry } from '../core/lot-commit.ts'

export const lotId = '0190a1b2-1111-7222-8333-123456789abc'

/** A lot that is open, with what a test says of it. */
function lotView(change: Partial<LotView> = {}): LotView {
  return {
    lotId,
    title: 'Palm Vx',
    currency: 'USD',
    format: 'english',
    state: 'open',
    round: 1,
    seq: 1,
    price: 1_000,
    startPrice: 1_000,
    minNext: 1_050,
    leader: null,
    reserveMet: true,
    bidCount: 1,
    bidderCount: 1,
    startsAt: 1_000,
    endsAt: 90_000,
    extensions: 0,
    serverTime: 2_000,
    ...change,
  }
}

/** An event of that lot at `seq`. */
export function entry(
  type: LotEventType,
  lot: Partial<LotView> & { readonly seq: number },
  concerned: LotEntry['concerned'] = {},
  detail: Omit<LotPublication, 'type' | 'lot'> = {},
): LotEntry {
  return {
    seq: lot.seq,
    atMs: 2_000 + lot.seq,
    publication: { type, lot: lotView(lot), ...detail },
    concerned,
  }
}

/** A bid by `alias` after which `leader` leads; `outbid` is the user who stands outbid by it. */
export function bidEntry(
  seq: number,
  bid: { readonly alias: string; readonly leader: string; readonly outbid?: string },
  lot: Partial<LotView> = {},
): LotEntry {
  const price = 1_000 + 100 * seq
  return entry(
    'bid_accepted',
    { seq, leader: bid.leader, price, minNext: price + 50, ...lot },
    bid.outbid === undefined ? {} : { outbid: [bid.outbid] },
    { bid: { alias: bid.alias, amount: price, kind: 'proxy', at: 2_000 + seq } },
  )
}
