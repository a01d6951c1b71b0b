// The feeds of those whom something concerned, held against what the feeds themselves list: each device heard its
// user's notifications as they are kept, one after the other, and to the newest.
import { setTimeout as sleep } from 'node:timers/promises'
import { StreamWatchers } from '../../history/stream-watchers.ts'
import { Findings } from '../../history/violation.ts'
import { parseChannel, userChannel } from '../../protocol/channels.ts'
import type { FeedNotification, FeedPage } from '../../protocol/feed.ts'
import { eachOf } from '../each-of.ts'
import { createHttpClient } from '../http-client.ts'
import type { AuditOptions, Ends, House } from '../run/scenario.ts'
import { digestOfNotified } from '../witness/stream-witness.ts'
import { watchedAmong } from '../witness/watched.ts'

export interface FeedsAudit {
  readonly feeds: number
  readonly findings: Findings
}

/** Each is asked about by a request or more; of larger crowds the first speak for all. */
export const feedsMax = 1_000
const feedsAtOnce = 16
const pageLimit = 300
/** Notifications follow what they are about; feeds that stand still for so long have come to their end. */
const stillForMs = 500
const stillPatienceMs = 15_000

/** The newest notification of each user, by the channel of its feed. @throws HttpError, Failure */
export async function feedEnds(house: House, users: readonly string[]): Promise<Ends> {
  const givesUpAtMs = performance.now() + stillPatienceMs
  for (let before: Ends | undefined; ; ) {
    const ends = await newestOf(house, users)
    const standStill = users.every(
      (user) => before?.[userChannel(user)] === ends[userChannel(user)],
    )
    if (standStill || performance.now() > givesUpAtMs) return ends
    before = ends
    await sleep(stillForMs)
  }
}

/**
 * @returns How many feeds were judged, and what is wrong with them.
 * @throws HttpError, Failure where one can not be read
 */
export async function auditFeeds({
  house,
  ends,
  testimony,
}: Pick<AuditOptions, 'house' | 'ends' | 'testimony'>): Promise<FeedsAudit> {
  const findings = new Findings()
  const watchers = new StreamWatchers(findings)
  /** Up to where each feed was heard: a user has one device. */
  const heardTo = new Map<string, number>()
  for (const { place, streams } of watchedAmong(testimony)) {
    for (const account of streams) {
      if (ends[account.stream] === undefined || !isFeed(account.stream)) continue
      watchers.heard(place, account)
      for (const [seq] of account.ends) heardTo.set(account.stream, seq)
    }
  }
  const feeds = Object.entries(ends).filter(([channel]) => isFeed(channel))
  await eachOf(feeds, feedsAtOnce, async ([stream, endSeq]) => {
    for (const notification of await notificationsOf(house, stream)) {
      watchers.stored(stream, notification.seq, digestOfNotified(notification))
    }
    const at = heardTo.get(stream)
    if (at === undefined) {
      findings.add('left_behind', `${stream} was heard by nobody.`, { stream, seq: endSeq })
    }
    // More may have come since the ends were looked at; what was told of it is compared all the same.
    watchers.ended(stream, Math.max(endSeq, at ?? 0))
  })
  watchers.finish()
  return { feeds: feeds.length, findings }
}

async function newestOf(house: House, users: readonly string[]): Promise<Ends> {
  const ends: [string, number][] = []
  await eachOf(users, feedsAtOnce, async (user) => {
    const { items } = await pageOf(house, user, 1)
    ends.push([userChannel(user), items[0]?.seq ?? 0])
  })
  return Object.fromEntries(ends)
}

async function notificationsOf(house: House, feed: string): Promise<FeedNotification[]> {
  const user = ownerOf(feed)
  const all: FeedNotification[] = []
  for (let before: number | undefined; ; ) {
    const { items, next } = await pageOf(house, user, pageLimit, before)
    all.push(...items)
    if (next === undefined) return all
    before = next
  }
}

async function pageOf(
  { http, tokens }: House,
  user: string,
  limit: number,
  before?: number,
): Promise<FeedPage> {
  const from = before === undefined ? '' : `&before=${before}`
  const ofUser = createHttpClient(http.url, await tokens(user))
  return (await ofUser.call(
    'GET',
    `/v1/notifications?limit=${limit}${from}`,
  )) as unknown as FeedPage
}

const isFeed = (channel: string): boolean => parseChannel(channel)?.kind === 'user'

function ownerOf(feed: string): string {
  const channel = parseChannel(feed)
  if (channel?.kind !== 'user') throw new RangeError(`${feed} is nobody's feed`)
  return channel.userId
}
