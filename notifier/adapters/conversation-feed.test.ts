import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Pool, transaction } from '../../platform/postgres/pool.ts'
import { derive } from '../core/derive.ts'
import type { FeedJournal, Told } from '../ports/feed-journal.ts'
import {
  deleted,
  edited,
  entry,
  messageView,
  offerChanged,
  offered,
  orderId,
  receipt,
  sent,
} from '../testing/chat-words.ts'
import { ConversationLog } from '../testing/conversation-log.ts'
import { FeedStage } from '../testing/feed-stage.ts'
import { feeds, heads, waiting } from '../testing/feed-table.ts'
import { LotLog } from '../testing/lot-log.ts'
import { bidEntry } from '../testing/lot-words.ts'
import { holdWaiting } from './outbox-queries.ts'

let stage: FeedStage
let pool: Pool
let journal: FeedJournal

beforeEach(async () => {
  stage = await FeedStage.set()
  pool = stage.pool
  journal = stage.journal
})
afterEach(() => stage.clear())

/** The texts in the user's feed, in order; null where a notification says nothing. */
async function texts(userId: string): Promise<(string | null)[]> {
  const { rows } = await pool.query<{ text: string | null }>(
    `SELECT data ->> 'text' AS text FROM notifications WHERE user_id = $1 ORDER BY seq`,
    [userId],
  )
  return rows.map(({ text }) => text)
}

describe('telling', () => {
  test('adds what a conversation tells to the feeds, and says what it added', async () => {
    const talk = await new ConversationLog(pool).open()
    const { conversationId } = talk
    await talk.commit([sent(1), receipt(2, 'sam')])
    await talk.commit([sent(3, { senderId: 'sam' })])
    const told = await journal.tell(derive)
    expect(told).toMatchObject({ commits: 2, underivable: [], oldestAtMs: 1_000, left: false })
    const words = { seq: 1, type: 'message', conversationId, kind: 'text' }
    expect(told.feeds).toEqual([
      {
        userId: 'sam',
        events: [
          {
            ...words,
            at: 2_001,
            messageId: messageView(1).messageId,
            messageSeq: 1,
            senderId: 'ann',
            text: 'words of 1',
          },
        ],
      },
      {
        userId: 'ann',
        events: [
          {
            ...words,
            at: 2_003,
            messageId: messageView(3).messageId,
            messageSeq: 3,
            senderId: 'sam',
            text: 'words of 3',
          },
        ],
      },
    ])
    expect(await journal.tell(derive)).toMatchObject({ commits: 0, feeds: [], left: false })
    expect(await waiting(pool)).toBe(0)
  })

  test('an offer’s life reaches both, and its order too, though its message is deleted before', async () => {
    const talk = await new ConversationLog(pool).open()
    await talk.commit([offered(1)])
    await talk.commit([offerChanged(2, 1, 'sam', { state: 'accepted', orderId })])
    const tombstone = messageView(1, { kind: 'offer', text: '', deleted: true })
    await talk.commit([entry(3, 'message_deleted', tombstone)])
    await journal.tell(derive)
    expect(await feeds(pool)).toEqual({
      ann: ['1 offer@2', '2 order_created@2'],
      sam: ['1 offer@1', '2 order_created@2'],
    })
    const { rows } = await pool.query(`SELECT data FROM notifications WHERE type = 'order_created'`)
    expect(rows[0]).toMatchObject({ data: { orderId, amount: 5_000, buyerId: 'ann' } })
  })

  test('mutes and I24: blocks are looked up, those of other conversations do not matter', async () => {
    const muted = await new ConversationLog(pool).open()
    await muted.mute('sam', 9_000)
    const blocking = await new ConversationLog(pool, { buyerId: 'bob', sellerId: 'eve' }).open()
    await pool.query(
      `INSERT INTO blocks VALUES ('eve', 'bob', 1), ('eve', 'ann', 1), ('sam', 'bob', 1)`,
    )
    const open = await new ConversationLog(pool, { buyerId: 'cid', sellerId: 'eve' }).open()
    await muted.commit([sent(1), sent(2, { senderId: 'sam' })])
    await blocking.commit([sent(1, { senderId: 'bob' }), sent(2, { senderId: 'eve' })])
    await open.commit([sent(1, { senderId: 'cid' })])
    await journal.tell(derive)
    expect(await feeds(pool)).toEqual({
      ann: ['1 message@2'],
      bob: ['1 message@2'],
      eve: ['1 message@1'],
    })
  })

  test('a room’s commits are done with and tell nobody', async () => {
    const room = await new ConversationLog(pool, { kind: 'room' }).open()
    await room.commit([sent(1), sent(2)])
    expect(await journal.tell(derive)).toMatchObject({ commits: 1, feeds: [], underivable: [] })
    expect(await feeds(pool)).toEqual({})
    expect(await waiting(pool)).toBe(0)
  })

  test('one pass holds what lots and conversations tell, each in the order of its commits', async () => {
    const [lot, talk] = [new LotLog(pool), await new ConversationLog(pool).open()]
    for (const seq of [1, 2, 3]) {
      const alias = `Bidder ${seq}`
      await lot.commit([bidEntry(seq, { alias, leader: alias, outbid: 'ann' })])
      await talk.commit([sent(seq, { senderId: 'sam' })])
    }
    await lot.commitWithoutLog(40, 41)
    await talk.commitWithoutLog(50, 51)
    await talk.commit([sent(4, { senderId: 'sam' })])
    const told = await journal.tell(derive)
    expect(told.commits).toBe(9)
    // The lot's log and the conversation's lack what the outbox says they hold.
    expect(told.underivable).toEqual([
      expect.objectContaining({ source: 'lot', aggregateId: lot.lotId, fromSeq: 40 }),
      expect.objectContaining({ source: 'conversation', aggregateId: talk.conversationId }),
    ])
    expect(await feeds(pool)).toEqual({
      ann: ['1 outbid@3', '2 message@1', '3 message@2', '4 message@3', '5 message@4'],
    })
  })

  test('a conversation that is gone is recorded and left aside', async () => {
    const gone = new ConversationLog(pool)
    await gone.commit([sent(1)])
    const told = await journal.tell(derive)
    expect(told).toMatchObject({ commits: 1, left: false, underivable: [{ fromSeq: 1 }] })
    expect(await waiting(pool)).toBe(0)
  })
})

describe('what was told before', () => {
  test('I21: is redacted when its message is deleted, and the gateways are told of it', async () => {
    const talk = await new ConversationLog(pool).open()
    await talk.commit([sent(1), sent(2)])
    await journal.tell(derive)
    expect(await texts('sam')).toEqual(['words of 1', 'words of 2'])
    await talk.commit([deleted(3, 1)])
    const told = await journal.tell(derive)
    expect(await texts('sam')).toEqual([null, 'words of 2'])
    expect(told.feeds).toEqual([
      {
        userId: 'sam',
        events: [],
        changed: [expect.objectContaining({ seq: 1, messageSeq: 1, deleted: true })],
      },
    ])
    expect(JSON.stringify(told.feeds)).not.toContain('words')
    expect(await heads(pool)).toEqual({ sam: 2 })
  })

  test.each(['image', 'file'] as const)(
    'I21: of kind %s without words is said to be deleted, once',
    async (kind) => {
      const talk = await new ConversationLog(pool).open()
      await talk.commit([sent(1, { kind, text: '' }), sent(2)])
      await journal.tell(derive)
      const held = await talk.commit([deleted(3, 1, { kind })])
      const told = await journal.tell(derive)
      expect(told.feeds).toEqual([
        {
          userId: 'sam',
          events: [],
          changed: [expect.objectContaining({ seq: 1, kind, deleted: true })],
        },
      ])
      await pool.query('UPDATE outbox SET notified = false WHERE id = $1', [held])
      expect(await journal.tell(derive)).toMatchObject({ commits: 1, feeds: [] })
    },
  )

  test('I21: says what its message says after an edit', async () => {
    const talk = await new ConversationLog(pool).open()
    await talk.commit([sent(1)])
    await journal.tell(derive)
    await talk.commit([edited(2, 1, 'better words')])
    const { feeds: changed } = await journal.tell(derive)
    expect(await texts('sam')).toEqual(['better words'])
    expect(changed[0]?.changed?.[0]).toMatchObject({ seq: 1, text: 'better words' })
    expect(changed[0]?.changed?.[0]).not.toHaveProperty('deleted')
  })

  test('I21: a message that is deleted before it is told is told without its words, once', async () => {
    const talk = await new ConversationLog(pool).open()
    await talk.commit([sent(1)])
    await talk.commit([edited(2, 1, 'better words')])
    await talk.commit([deleted(3, 1)])
    const told = await journal.tell(derive)
    expect(await texts('sam')).toEqual([null])
    expect(told.feeds).toEqual([
      { userId: 'sam', events: [expect.objectContaining({ seq: 1, deleted: true })] },
    ])
    expect(JSON.stringify(told.feeds)).not.toContain('words')
  })
})

describe('I15: each cause is told once', () => {
  test('I15: a commit that is derived again adds nothing and takes no seq', async () => {
    const talk = await new ConversationLog(pool).open()
    await talk.commit([sent(1)])
    await journal.tell(derive)
    await talk.commit([sent(2)])
    await pool.query('UPDATE outbox SET notified = false')
    expect((await journal.tell(derive)).commits).toBe(2)
    expect(await feeds(pool)).toEqual({ sam: ['1 message@1', '2 message@2'] })
  })

  test('I15: three notifiers at once tell everything once, without a gap, each conversation in order', async () => {
    const talks = await Promise.all(
      Array.from({ length: 6 }, () => new ConversationLog(pool).open()),
    )
    const rounds = 20
    let isWritten = false
    const written = Promise.all(
      talks.map(async (talk) => {
        for (let seq = 1; seq <= rounds; seq += 1) await talk.commit([sent(seq)])
      }),
    ).finally(() => {
      isWritten = true
    })
    const passes: Told[] = []
    const telling = Array.from({ length: 3 }, async () => {
      const one = stage.anotherJournal({
        commitsPerPassMax: 4,
        eventsPerPassMax: { lot: 100, conversation: 100 },
      })
      for (;;) {
        const isLastLook = isWritten
        const told = await one.tell(derive)
        passes.push(told)
        if (isLastLook && !told.left && told.commits === 0) return
      }
    })
    await Promise.all([written, ...telling])

    const { rows } = await pool.query<{ seq: number; id: string; cause: number }>(
      'SELECT seq, aggregate_id AS id, source_seq AS cause FROM notifications ORDER BY seq',
    )
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, at) => at + 1))
    for (const { conversationId } of talks) {
      const causes = rows.filter(({ id }) => id === conversationId).map(({ cause }) => cause)
      expect(causes).toEqual(Array.from({ length: rounds }, (_, at) => at + 1))
    }
    const announced = passes.flatMap((told) => told.feeds.flatMap(({ events }) => events))
    expect(announced.map(({ seq }) => seq).toSorted((one, other) => one - other)).toEqual(
      rows.map(({ seq }) => seq),
    )
  })

  test('I21: a deletion waits for the creation that another notifier holds', async () => {
    const talk = await new ConversationLog(pool).open()
    await talk.commit([sent(1)])
    await talk.commit([deleted(2, 1)])
    await transaction(pool, async (client) => {
      await holdWaiting(client, 1, [])
      expect(await journal.tell(derive)).toMatchObject({ commits: 0, left: true })
    })
    await journal.tell(derive)
    expect(await texts('sam')).toEqual([null])
  })
})
