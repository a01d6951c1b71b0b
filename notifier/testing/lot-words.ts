// Lots and events for the notifier's tests, as an engine would have written them.
import type { LotEventType, LotPublication, LotResult, LotView } from '../../protocol/auction.ts'
import type { LotCommit, LotEntry } from '../core/lot-commit.ts'
import type { LotStretch } from '../core/lot-stretch.ts'

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

/** Bids by which ann (Bidder 1) and bob (Bidder 2) displace each other: an even seq outbids ann, an odd one bob. */
export function duel(seq: number): LotEntry {
  return seq % 2 === 0
    ? bidEntry(seq, { alias: 'Bidder 2', leader: 'Bidder 2', outbid: 'ann' })
    : bidEntry(seq, {
        alias: 'Bidder 1',
        leader: 'Bidder 1',
        ...(seq === 1 ? {} : { outbid: 'bob' }),
      })
}

/** The lot is sold to `winner`, whose alias leads. */
export function closing(seq: number, winner: string, alias: string): LotEntry {
  const result: LotResult = { outcome: 'sold', at: 90_000, price: 5_000, winner: alias }
  return entry('lot_closed', { seq, state: 'sold', leader: alias, result }, { winner })
}

/** The commit as it is read to tell users and webhooks of it. */
export function stretchOf({ entries, leaderBefore, ...commit }: LotCommit): LotStretch {
  const turns = entries.map(({ seq, atMs, publication, concerned }, at) => ({
    seq,
    atMs,
    type: publication.type,
    leaderBefore: at === 0 ? leaderBefore : (entries[at - 1]?.publication.lot.leader ?? null),
    leader: publication.lot.leader,
    bidder: publication.bid?.alias ?? null,
    concerned,
  }))
  const lastOf = new Map(turns.map((turn) => [JSON.stringify(turn.concerned), turn.seq]))
  return {
    ...commit,
    events: entries.length,
    turns: turns.filter(({ seq, concerned }) => lastOf.get(JSON.stringify(concerned)) === seq),
    bids: turns
      .filter(({ type }) => type === 'bid_accepted')
      .map(({ seq, atMs }) => ({ seq, atMs })),
    lot: entries.find(({ seq }) => seq === commit.toSeq)?.publication.lot,
  }
}
