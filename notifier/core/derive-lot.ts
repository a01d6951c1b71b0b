// From a lot's log to what its bidders and its seller are told. Only public words and the ids of those
// concerned go into a notification, so it can hold no secret.
import type { LotResult, LotView } from '../../protocol/auction.ts'
import type { NotificationType } from '../../protocol/notifications.ts'
import { endOf, type LotStretch, type LotTurn, lotAfter } from './lot-stretch.ts'
import type { Notice } from './notice.ts'

/**
 * What a stretch of a lot's log tells whom, in the order of its events. Only what still holds at its end is
 * told: in a storm of bids the same bidders displace each other thousands of times a second, and each needs
 * to know only that it stands outbid, and at what. So of one stretch a user gets at most one `outbid`, caused
 * by the last event that displaced it, and none where it leads again or the lot ended.
 * @throws UnderivableError where events are missing.
 */
export function deriveLot(stretch: LotStretch): Notice[] {
  const lot = lotAfter(stretch)
  const end = endOf(stretch)
  return end === undefined ? outbidNotices(stretch, lot) : endNotices(stretch, end, lot)
}

function outbidNotices({ turns }: LotStretch, lot: LotView): Notice[] {
  const displaced = new Map<string, LotTurn>()
  for (const turn of turns) {
    for (const userId of turn.concerned.outbid ?? []) {
      // Deleted first, so that the map's order is that of the causes.
      displaced.delete(userId)
      if (outbidAlias(turn) !== lot.leader) displaced.set(userId, turn)
    }
  }
  const data = { ...lotWords(lot), minNext: lot.minNext }
  return Array.from(displaced, ([userId, turn]) => notice(lot, turn, userId, 'outbid', data))
}

/**
 * The public name of whom an event outbids: its own bidder, where it did not take the lead, and else
 * the leader before it.
 */
function outbidAlias({ bidder, leader, leaderBefore }: LotTurn): string | null {
  return bidder !== null && bidder !== leader ? bidder : leaderBefore
}

/**
 * At the end the winner has won and every other bidder has lost, whatever the end was. A sold lot is an
 * order: its winner and its seller are told each other's names, and nobody else is.
 */
function endNotices({ bidders, sellerId }: LotStretch, end: LotTurn, lot: LotView): Notice[] {
  const { winner } = end.concerned
  const data = { ...lotWords(lot), ...outcomeOf(lot.result) }
  const losers = bidders.filter((userId) => userId !== winner)
  return [
    ...(winner === undefined ? [] : [notice(lot, end, winner, 'lot_won', data)]),
    ...(winner === undefined || sellerId === undefined
      ? []
      : [winner, sellerId].map((userId) =>
          notice(lot, end, userId, 'order_created', orderOf(lot, winner, sellerId)),
        )),
    ...losers.map((userId) => notice(lot, end, userId, 'lot_lost', data)),
  ]
}

/** A lot is sold once, so its id is the order's too. */
function orderOf(
  { lotId, title, currency, result }: LotView,
  buyerId: string,
  sellerId: string,
): Notice['data'] {
  const amount = result?.price
  const worth = amount === undefined ? {} : { amount, currency }
  return { orderId: lotId, lotId, title, buyerId, sellerId, ...worth }
}

function notice(
  { lotId }: LotView,
  { seq, atMs }: LotTurn,
  userId: string,
  type: NotificationType,
  data: Notice['data'],
): Notice {
  return { userId, type, source: 'lot', aggregateId: lotId, causeSeq: seq, atMs, data }
}

/** What every notification about a lot says of it. */
function lotWords({ lotId, title, currency, price, endsAt }: LotView): Notice['data'] {
  return { lotId, title, currency, endsAt, ...(price === null ? {} : { price }) }
}

function outcomeOf(result: LotResult | undefined): Notice['data'] {
  return result === undefined ? {} : { outcome: result.outcome }
}
