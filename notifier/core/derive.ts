// From a lot's log to what its bidders are told. Only public words and the concerned user's own id go
// into a notification, so it can hold no secret.
import type { LotResult, LotView } from '../../protocol/auction.ts'
import type { Notification, NotificationType } from '../../protocol/notifications.ts'
import type { LotCommit, LotEntry } from './lot-commit.ts'

/** Something to tell one user. (lotId, causeSeq, userId, type) is told once, however often it is derived. */
export interface Notice {
  readonly userId: string
  readonly type: NotificationType
  readonly lotId: string
  /** The seq of the event that caused it. */
  readonly causeSeq: number
  readonly atMs: number
  /** The notification without what its place in the feed gives it. */
  readonly data: Omit<Notification, 'seq' | 'type' | 'at'>
}

/** The log does not hold what the outbox says it holds. */
export class UnderivableError extends Error {
  override readonly name = 'UnderivableError'
}

/**
 * What one commit tells whom, in the order of its events. Within a commit only what still holds at its
 * end is told: in a storm of bids the same two bidders displace each other hundreds of times in one
 * commit, and each needs to know only that it stands outbid. So a user gets at most one `outbid` a
 * commit, caused by the last event that displaced it, and none where it leads again or the lot ended.
 * @throws UnderivableError where events are missing.
 */
export function derive(commit: LotCommit): Notice[] {
  const last = checkedLast(commit)
  const ended = commit.entries.find(({ publication }) => publication.lot.result !== undefined)
  return ended === undefined ? outbidNotices(commit, last) : endNotices(commit, ended)
}

function checkedLast({ lotId, fromSeq, toSeq, entries }: LotCommit): LotEntry {
  const isWhole = entries.every(({ seq }, at) => seq === fromSeq + at)
  const last = entries.at(-1)
  if (!isWhole || last?.seq !== toSeq) {
    throw new UnderivableError(`lot ${lotId} lacks events between ${fromSeq} and ${toSeq}`)
  }
  return last
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

/** At the end the winner has won and every other bidder has lost, whatever the end was. */
function endNotices({ bidders }: LotCommit, ended: LotEntry): Notice[] {
  const { lot } = ended.publication
  const { winner } = ended.concerned
  const data = { ...lotWords(lot), ...outcomeOf(lot.result) }
  const losers = bidders.filter((userId) => userId !== winner)
  return [
    ...(winner === undefined ? [] : [notice(ended, winner, 'lot_won', data)]),
    ...losers.map((userId) => notice(ended, userId, 'lot_lost', data)),
  ]
}

function notice(
  { seq, atMs, publication }: LotEntry,
  userId: string,
  type: NotificationType,
  data: Notice['data'],
): Notice {
  return { userId, type, lotId: publication.lot.lotId, causeSeq: seq, atMs, data }
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
