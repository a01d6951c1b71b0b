// From a lot's log to what its bidders and its seller are told. Only public words and the ids of those
// concerned go into a notification, so it can hold no secret.
import type { LotResult, LotView } from '../../protocol/auction.ts'
import type { NotificationType } from '../../protocol/notifications.ts'
import type { LotCommit, LotEntry } from './lot-commit.ts'
import { checkedLast, type Notice } from './notice.ts'

/**
 * What one commit tells whom, in the order of its events. Within a commit only what still holds at its
 * end is told: in a storm of bids the same two bidders displace each other hundreds of times in one
 * commit, and each needs to know only that it stands outbid. So a user gets at most one `outbid` a
 * commit, caused by the last event that displaced it, and none where it leads again or the lot ended.
 * @throws UnderivableError where events are missing.
 */
export function deriveLot(commit: LotCommit): Notice[] {
  const last = checkedLast(commit)
  const ended = commit.entries.find(({ publication }) => publication.lot.result !== undefined)
  return ended === undefined ? outbidNotices(commit, last) : endNotices(commit, ended)
}

function outbidNotices(commit: LotCommit, last: LotEntry): Notice[] {
  const { lot } = last.publication
  const told = new Map<string, Notice>()
  let leaderBefore = commit.leaderBefore
  for (const entry of commit.entries) {
    const alias = outbidAlias(entry, leaderBefore)
    leaderBefore = entry.publication.lot.leader
    for (const userId of entry.concerned.outbid ?? []) {
      // Deleted first, so that the map's order is that of the causes.
      told.delete(userId)
      if (alias === lot.leader) continue
      const data = { ...lotWords(lot), ...priceToBeat(lot) }
      told.set(userId, notice(entry, userId, 'outbid', data))
    }
  }
  return [...told.values()]
}

/**
 * The public name of whom an event outbids: its own bidder, where it did not take the lead, and else
 * the leader before it.
 */
function outbidAlias({ publication }: LotEntry, leaderBefore: string | null): string | null {
  const { bid, lot } = publication
  return bid !== undefined && bid.alias !== lot.leader ? bid.alias : leaderBefore
}

/**
 * At the end the winner has won and every other bidder has lost, whatever the end was. A sold lot is an
 * order: its winner and its seller are told each other's names, and nobody else is.
 */
function endNotices({ bidders, sellerId }: LotCommit, ended: LotEntry): Notice[] {
  const { lot } = ended.publication
  const { winner } = ended.concerned
  const data = { ...lotWords(lot), ...outcomeOf(lot.result) }
  const losers = bidders.filter((userId) => userId !== winner)
  return [
    ...(winner === undefined ? [] : [notice(ended, winner, 'lot_won', data)]),
    ...(winner === undefined || sellerId === undefined
      ? []
      : [winner, sellerId].map((userId) =>
          notice(ended, userId, 'order_created', orderOf(lot, winner, sellerId)),
        )),
    ...losers.map((userId) => notice(ended, userId, 'lot_lost', data)),
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
  { seq, atMs, publication }: LotEntry,
  userId: string,
  type: NotificationType,
  data: Notice['data'],
): Notice {
  const aggregateId = publication.lot.lotId
  return { userId, type, source: 'lot', aggregateId, causeSeq: seq, atMs, data }
}

/** What every notification about a lot says of it. */
function lotWords({ lotId, title, currency, price, endsAt }: LotView): Notice['data'] {
  return { lotId, title, currency, endsAt, ...(price === null ? {} : { price }) }
}

function priceToBeat({ minNext }: LotView): Notice['data'] {
  return { minNext }
}

function outcomeOf(result: LotResult | undefined): Notice['data'] {
  return result === undefined ? {} : { outcome: result.outcome }
}
