// What users have read, what they want to be told and their devices, from a real PostgreSQL.
import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { FeedPage } from '../../protocol/feed.ts'
import type { NotificationType } from '../../protocol/notifications.ts'
import type { FeedBook } from '../ports/feed-book.ts'
import { chatBookOnDatabase } from '../testing/chat-book-on-database.ts'
import { conversationId, roomId } from '../testing/conversations.ts'
import { noonMs } from '../testing/people.ts'
import {
  idAt,
  storeConversation,
  storeHide,
  storeMember,
  storeMessage,
  updateMember,
} from '../testing/stored-conversations.ts'
import { createPostgresFeedBook } from './postgres-feed-book.ts'

const db = chatBookOnDatabase()
let feedBook: FeedBook

beforeEach(async () => {
  feedBook = createPostgresFeedBook(db.pool)
  await forget()
})

async function forget(): Promise<void> {
  await db.pool.query(`
    TRUNCATE notifications, user_streams, feed_marks, notification_preferences, devices, device_marks`)
}

interface NotificationToStore {
  readonly seq: number
  readonly type: NotificationType
  readonly conversationId?: string
  /** The seq of what caused it. */
  readonly cause?: number
  readonly userId?: string
}

/** Of Ann, unless somebody else is named. */
async function storeNotification(notification: NotificationToStore): Promise<void> {
  const { seq, type, conversationId: talk, cause = seq, userId = 'ann' } = notification
  await db.pool.query(
    `INSERT INTO notifications (user_id, seq, type, at_ms, source, aggregate_id, source_seq, data)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      userId,
      seq,
      type,
      noonMs + seq,
      talk === undefined ? 'lot' : 'conversation',
      talk ?? idAt(0),
      cause,
      talk === undefined ? {} : { conversationId: talk, messageSeq: cause },
    ],
  )
}

async function readFeed(seq: number): Promise<void> {
  await db.pool.query(`INSERT INTO feed_marks VALUES ('ann', $1)`, [seq])
}

const page = (before?: number, limit = 50): Promise<FeedPage> =>
  feedBook.page('ann', before === undefined ? { limit } : { before, limit })

/** `seq`, and `+` where it was read. */
const readState = ({ items }: FeedPage): string[] =>
  items.map(({ seq, read }) => `${seq}${read ? '+' : ''}`)

describe('a page of the feed', () => {
  test('of somebody who was never told anything has its read state all the same', async () => {
    expect(await page()).toEqual({ items: [], readSeq: 0, unread: 0 })
    expect(await page(7)).toEqual({ items: [], readSeq: 0, unread: 0 })
  })

  test('follows the one before by seq', async () => {
    for (const seq of [1, 2, 3, 4, 5]) await storeNotification({ seq, type: 'outbid' })
    await storeNotification({ seq: 6, type: 'outbid', userId: 'bob' })
    const first = await page(undefined, 2)
    expect([readState(first), first.next]).toEqual([['5', '4'], 4])
    const second = await page(first.next, 2)
    expect([readState(second), second.next]).toEqual([['3', '2'], 2])
    const last = await page(second.next, 2)
    expect(readState(last)).toEqual(['1'])
    expect(last).not.toHaveProperty('next')
    expect(last).toMatchObject({ unread: 5, readSeq: 0 })
  })

  test('shows a message as read where it was read, and all else where the feed was', async () => {
    for (const seq of [1, 2, 3])
      await storeMessage(db.pool, { conversationId, seq, senderId: 'sel' })
    await storeNotification({ seq: 1, type: 'message', conversationId, cause: 1 })
    await storeNotification({ seq: 2, type: 'outbid' })
    await storeNotification({ seq: 3, type: 'message', conversationId, cause: 2 })
    await storeNotification({ seq: 4, type: 'offer', conversationId, cause: 3 })
    await storeNotification({ seq: 5, type: 'order_created', conversationId, cause: 4 })
    expect(readState(await page())).toEqual(['5', '4', '3', '2', '1'])
    await readFeed(4)
    // Messages are read in their conversation and nowhere else.
    expect(readState(await page())).toEqual(['5', '4+', '3', '2+', '1'])
    await updateMember(db.pool, conversationId, 'ann', { read_seq: 1 })
    expect(readState(await page())).toEqual(['5', '4+', '3', '2+', '1+'])
    // What is no message stays unread, however far the conversation is read.
    await updateMember(db.pool, conversationId, 'ann', { read_seq: 9 })
    expect(readState(await page())).toEqual(['5', '4+', '3+', '2+', '1+'])
  })

  test('shows an offer as read in its conversation too', async () => {
    await storeNotification({ seq: 1, type: 'offer', conversationId, cause: 3 })
    await updateMember(db.pool, conversationId, 'ann', { read_seq: 2 })
    expect(readState(await page())).toEqual(['1'])
    await updateMember(db.pool, conversationId, 'ann', { read_seq: 3 })
    expect(readState(await page())).toEqual(['1+'])
  })
})

// ---- what is unread -----------------------------------------------------------------------------

const talks = [conversationId, idAt(1), roomId] as const

const someMessage = fc.record({
  talk: fc.constantFrom(...talks),
  senderId: fc.constantFrom('ann', 'sel'),
  state: fc.constantFrom('visible', 'visible', 'deleted', 'held'),
  isHidden: fc.boolean(),
})
const someNotification = fc.record({
  type: fc.constantFrom<NotificationType>('outbid', 'lot_won', 'message', 'offer', 'order_created'),
  userId: fc.constantFrom('ann', 'ann', 'sel'),
})
const world = fc.record({
  messages: fc.array(someMessage, { maxLength: 12 }),
  notifications: fc.array(someNotification, { maxLength: 8 }),
  readSeqs: fc.tuple(fc.nat(12), fc.nat(12), fc.nat(12)),
  feedRead: fc.option(fc.nat(8), { nil: undefined }),
})
type World = typeof world extends fc.Arbitrary<infer Drawn> ? Drawn : never

/** Makes the world in the tables, and counts by itself what of it Ann has not read. */
async function made({ messages, notifications, readSeqs, feedRead }: World): Promise<number> {
  await forget()
  await db.pool.query(`
    TRUNCATE conversations, conversation_members, conversation_events, messages, message_hides`)
  await storeConversation(db.pool, { conversationId, buyerId: 'ann', sellerId: 'sel' })
  await storeConversation(db.pool, { conversationId: talks[1], buyerId: 'sel', sellerId: 'ann' })
  await storeConversation(db.pool, { conversationId: roomId, kind: 'room', subject: ['lot', 'l'] })
  await storeMember(db.pool, roomId, 'ann', 'participant')
  for (const [at, talk] of talks.entries()) {
    await updateMember(db.pool, talk, 'ann', { read_seq: readSeqs[at] })
  }
  let unread = 0
  for (const [at, { talk, senderId, state, isHidden }] of messages.entries()) {
    const seq = at + 1
    const stored = { conversationId: talk, seq, senderId, messageId: idAt(seq, seq) }
    await storeMessage(db.pool, stored, state)
    if (isHidden) await storeHide(db.pool, stored, 'ann')
    const isNew = seq > (readSeqs[talks.indexOf(talk)] ?? 0)
    const isCounted = talk !== roomId && senderId !== 'ann' && state === 'visible' && !isHidden
    if (isNew && isCounted) unread += 1
  }
  for (const [at, { type, userId }] of notifications.entries()) {
    const seq = at + 1
    await storeNotification({ seq, type, userId })
    const isMessage = type === 'message' || type === 'offer'
    if (userId === 'ann' && !isMessage && seq > (feedRead ?? 0)) unread += 1
  }
  if (feedRead !== undefined) await readFeed(feedRead)
  return unread
}

describe('what is unread', () => {
  test('is what a model counts, and of messages what the inbox counts', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (drawn) => {
        const expected = await made(drawn)
        const { items, unread } = await page()
        expect(unread).toBe(expected)
        const inbox = await db.book.conversations('ann', { archived: false, limit: 100 })
        const messages = inbox?.items.reduce((all, talk) => all + talk.unread, 0) ?? 0
        const others = items.filter(
          ({ type, read }) => type !== 'message' && type !== 'offer' && !read,
        )
        expect(unread).toBe(messages + others.length)
      }),
      { numRuns: 25 },
    )
  }, 60_000)

  test('is found by indexes alone, of 3,000 conversations in a crowd of others', async () => {
    await fillHouse()
    const { rows } = await db.pool.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT unread FROM unread_count('ann')`,
    )
    const plan = rows[0]?.['QUERY PLAN'][0].Plan
    if (plan === undefined) throw new Error('PostgreSQL explained nothing')
    // Whole reads are for tables that hold nothing here: months to come, marks, what was deleted for oneself.
    const large = /^(?:messages_\d|conversation_members|notifications)/
    const readWhole = nodes(plan).filter(
      (node) => node['Node Type'] === 'Seq Scan' && node['Actual Rows'] > 1,
    )
    expect(readWhole.filter((node) => large.test(node['Relation Name'] ?? ''))).toEqual([])
    const indexes = new Set(nodes(plan).flatMap((node) => node['Index Name'] ?? []))
    expect(indexes).toContain('notifications_counted')
    expect(indexes).toContain('conversation_members_of_user')
    // Messages are looked for where there are some after the mark, which is in one conversation of ten.
    const looked = nodes(plan).find((node) =>
      /messages_\d+_\d+_conv/.test(node['Index Name'] ?? ''),
    )
    expect(looked?.['Actual Loops']).toBe(300)
    expect(plan['Shared Hit Blocks'] + plan['Shared Read Blocks']).toBeLessThan(20_000)
    expect((await page()).unread).toBe(300 * 2 + 500)
  }, 60_000)
})

interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
  readonly Plans?: readonly PlanNode[]
}

const nodes = (plan: PlanNode): PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)]

/** Ann is in 3,000 of 12,000 conversations; in every tenth she has not read the last two of three messages. */
async function fillHouse(): Promise<void> {
  await db.pool.query(`
    INSERT INTO conversations (conversation_id, kind, subject_type, subject_id, buyer_id, seller_id,
                               created_at_ms, version, batch_id, last_seq, last_message_seq, last_message_at_ms)
    SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'direct', 'listing', 'lamp',
           CASE WHEN n <= 3000 THEN 'ann' ELSE 'buyer-' || n END, 'seller-' || n, 1, 1, gen_random_uuid(), 4, 3, 1
      FROM generate_series(1, 12000) n`)
  await db.pool.query(`
    INSERT INTO conversation_members (conversation_id, user_id, role, joined_seq, delivered_seq, read_seq,
                                      told_delivered_seq, told_read_seq, told_at_ms)
    SELECT conversation_id, buyer_id, 'buyer', 0, 0, CASE WHEN conversation_id::text LIKE '%7' THEN 1 ELSE 4 END, 0, 0, 0
      FROM conversations WHERE subject_id = 'lamp'
     UNION ALL
    SELECT conversation_id, seller_id, 'seller', 0, 0, 4, 0, 0, 0
      FROM conversations WHERE subject_id = 'lamp'`)
  await db.pool.query(`
    INSERT INTO messages (conversation_id, message_id, seq, sender_id, kind, at_ms, state, view)
    SELECT c.conversation_id, overlay(uuid_v7_floor((extract(epoch FROM now()) * 1000)::bigint)::text
                                      PLACING lpad(m::text, 12, '0') FROM 25)::uuid,
           m, c.seller_id, 'text', 1, 'visible', '{"text": "Still there?"}'
      FROM conversations c, generate_series(1, 3) m WHERE c.subject_id = 'lamp'`)
  await db.pool.query(`
    INSERT INTO notifications (user_id, seq, type, at_ms, source, aggregate_id, source_seq, data)
    SELECT CASE WHEN n % 10 = 0 THEN 'ann' ELSE 'user-' || n % 500 END, n,
           CASE WHEN n % 20 = 0 THEN 'outbid' ELSE 'message' END, 1, 'lot', gen_random_uuid(), n, '{}'
      FROM generate_series(1, 20000) n`)
  await readFeed(10_000)
  await db.pool.query('VACUUM ANALYZE conversations, conversation_members, messages, notifications')
}

// ---- what is settled ----------------------------------------------------------------------------

test('preferences are what was settled, and push for all else', async () => {
  const usual = await feedBook.preferences('ann')
  expect(new Set(Object.values(usual.types))).toEqual(new Set(['push']))
  expect(usual.previews).toBe(true)
  await db.pool.query(
    `INSERT INTO notification_preferences VALUES ('ann', '{"outbid": "off"}', false)`,
  )
  expect(await feedBook.preferences('ann')).toEqual({
    types: { ...usual.types, outbid: 'off' },
    previews: false,
  })
})

test('devices are shown without their tokens', async () => {
  await db.pool.query(`
    INSERT INTO devices (user_id, device_id, platform, token, token_kind, locale, time_zone,
                         quiet_from_min, quiet_to_min, registered_at_ms, seen_at_ms)
    VALUES ('ann', 'pixel', 'android', 'secret', 'token', 'de-CH', 'Europe/Zurich', 1320, 450, 1, 2),
           ('ann', 'browser', 'web', 'secret too', 'fid', 'en', 'UTC', NULL, NULL, 3, 4),
           ('bob', 'phone', 'ios', 'of bob', 'token', 'en', 'UTC', NULL, NULL, 5, 6)`)
  const { items } = await feedBook.devices('ann')
  expect(items).toEqual([
    {
      deviceId: 'browser',
      platform: 'web',
      tokenKind: 'fid',
      locale: 'en',
      timeZone: 'UTC',
      registeredAt: 3,
      seenAt: 4,
    },
    {
      deviceId: 'pixel',
      platform: 'android',
      tokenKind: 'token',
      locale: 'de-CH',
      timeZone: 'Europe/Zurich',
      quietHours: { from: '22:00', to: '07:30' },
      registeredAt: 1,
      seenAt: 2,
    },
  ])
})
