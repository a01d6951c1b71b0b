// The judge of histories on a real PostgreSQL: services that are left as a crash leaves them have a
// history that holds, and a row that is changed behind their backs is found.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { placeBid } from '../auction-engine/testing/commands.ts'
import { AuctionDatabase } from '../auction-engine/testing/database-engine.ts'
import { say } from '../chat-store/testing/commands.ts'
import { ChatDatabase } from '../chat-store/testing/database-store.ts'
import { ChatHistory } from '../history/chat-history.ts'
import { LotHistory } from '../history/lot-history.ts'
import type { Violation } from '../history/violation.ts'
import { tellStoredChat, tellStoredLots } from '../loadtest/audit/stored-history.ts'
import { waitFor } from '../platform/testing/wait-for.ts'

const rulesOf = (violations: readonly Violation[]) => violations.map(({ rule }) => rule)

describe('a lot whose engine crashes in a burst', () => {
  let database: AuctionDatabase
  beforeEach(async () => {
    database = await AuctionDatabase.make()
  })
  afterEach(() => database.close())

  /** Forty bids, of which some are asked for twice, while the engine is killed and another one comes. */
  async function auction(): Promise<{
    readonly lotId: string
    readonly judge: () => Promise<readonly Violation[]>
  }> {
    const first = await database.engine('engine')
    const lotId = await database.openLot()
    const attempts: Parameters<LotHistory['attempted']>[0][] = []
    const bid = async (nth: number): Promise<void> => {
      const command = placeBid(lotId, { by: `bidder-${nth % 5}`, max: 1_000 + nth * 100 })
      const { commandId, kind, amount, actor } = command
      const asked = { type: 'place_bid', kind, amount } as const
      for (let times = 0; times < 1 + (nth % 2); times += 1) {
        const sentAtMs = performance.now()
        const answer = await database.ask(command).catch(() => undefined)
        const key = { lotId, actorId: actor.userId, commandId }
        attempts.push({ ...key, asked, sentAtMs, answeredAtMs: performance.now(), answer })
      }
    }
    for (let nth = 0; nth < 20; nth += 4) {
      await Promise.all([0, 1, 2, 3].map((more) => bid(nth + more)))
    }
    await first.crash()
    await database.engine('engine')
    for (let nth = 20; nth < 40; nth += 4) {
      await Promise.all([0, 1, 2, 3].map((more) => bid(nth + more)))
    }
    const judge = async () => {
      // The seller's commands are not written down.
      const history = new LotHistory({ allClients: false })
      for (const attempt of attempts) history.attempted(attempt)
      await tellStoredLots(history, database.pool)
      return history.violations()
    }
    return { lotId, judge }
  }

  test('has a history that holds; a bid that is taken out of the database is missed', async () => {
    const { lotId, judge } = await auction()
    // What is told at last is marked as told within half a second.
    expect(rulesOf(await judge()).filter((rule) => rule !== 'untold')).toEqual([])
    await database.pool.query('DELETE FROM lot_decisions WHERE lot_id = $1 AND decision_no = 20', [
      lotId,
    ])
    expect(rulesOf(await judge())).toEqual(expect.arrayContaining(['acknowledged_missing', 'gap']))
  })

  test('an amount that is changed in the database is noticed', async () => {
    const { lotId, judge } = await auction()
    await database.pool.query(
      `UPDATE lot_decisions SET input = (input::jsonb || '{"amount": 1}')::json
        WHERE lot_id = $1 AND decision_no = 20`,
      [lotId],
    )
    expect(rulesOf(await judge())).toContain('not_asked')
  })
})

describe('a conversation whose chat store crashes', () => {
  let database: ChatDatabase
  beforeEach(async () => {
    database = await ChatDatabase.make()
  })
  afterEach(() => database.close())

  test('has a history that holds; a message that is taken out of the database is missed', async () => {
    const first = await database.store()
    const conversationId = await database.chat.opened()
    const attempts: Parameters<ChatHistory['attempted']>[0][] = []
    const speak = async (by: string, nth: number): Promise<void> => {
      const command = say(conversationId, by, `text ${nth}`)
      const { clientMessageId } = command
      const sentAtMs = performance.now()
      const answer = await database.chat.ask(command)
      const key = { conversationId, actorId: by, clientMessageId }
      attempts.push({ ...key, sentAtMs, answeredAtMs: performance.now(), answer })
    }
    for (let nth = 0; nth < 10; nth += 1) await Promise.all([speak('bea', nth), speak('sam', nth)])
    await first.crash()
    await database.store()
    for (let nth = 10; nth < 20; nth += 1) await Promise.all([speak('bea', nth), speak('sam', nth)])

    const judge = async () => {
      const history = new ChatHistory({ allClients: true })
      for (const attempt of attempts) history.attempted(attempt)
      await tellStoredChat(history, database.pool)
      return history.violations()
    }
    expect(await judge()).toEqual([])
    await database.pool.query('DELETE FROM messages WHERE conversation_id = $1 AND seq = 7', [
      conversationId,
    ])
    expect(rulesOf(await judge())).toEqual(
      expect.arrayContaining(['acknowledged_missing', 'not_in_stream']),
    )
  })
})

test('a history of more than a page is read to its end', async () => {
  const database = await ChatDatabase.make()
  try {
    await database.store()
    const conversationId = await database.chat.opened()
    // What Sam says twelve thousand times, without the saying.
    await database.pool.query(
      `WITH said AS (SELECT nth AS seq, gen_random_uuid() AS id FROM generate_series(1, 12000) nth),
            events AS (
              INSERT INTO conversation_events
                     (conversation_id, seq, at_ms, type, actor_id, message_id, detail)
              SELECT $1, seq, 1, 'message_created', 'sam', id, '{}' FROM said),
            messages AS (
              INSERT INTO messages (conversation_id, message_id, seq, sender_id, kind, at_ms, state, view)
              SELECT $1, id, seq, 'sam', 'text', 1, 'visible',
                     jsonb_build_object('text', '', 'clientMessageId', id) FROM said)
       UPDATE conversations SET last_seq = 12000 WHERE conversation_id = $1`,
      [conversationId],
    )
    const history = new ChatHistory({ allClients: false })
    await tellStoredChat(history, database.pool)
    history.counted({ conversationId, userId: 'bea', readSeq: 0, unread: 12_000 })
    expect(history.violations()).toEqual([])
  } finally {
    await database.close()
  }
})

test('of what is committed while a history is read, all is seen or nothing', async () => {
  const database = await ChatDatabase.make()
  try {
    await database.store()
    const conversationId = await database.chat.opened()
    const history = new ChatHistory({ allClients: false })
    const writer = await database.pool.connect()
    // Whoever reads has seen where the conversation stands, and waits for its events until they are committed.
    await writer.query('BEGIN; LOCK TABLE conversation_events IN ACCESS EXCLUSIVE MODE')
    await writer.query(
      `WITH said AS (
         INSERT INTO conversation_events (conversation_id, seq, at_ms, type, actor_id, detail)
         SELECT conversation_id, last_seq + 1, 1, 'reaction_changed', 'sam', '{}' FROM conversations
          WHERE conversation_id = $1)
       UPDATE conversations SET last_seq = last_seq + 1 WHERE conversation_id = $1`,
      [conversationId],
    )
    const told = tellStoredChat(history, database.pool, [conversationId])
    await waitFor(async () => {
      const { rowCount } = await writer.query(
        `SELECT FROM pg_locks WHERE relation = 'conversation_events'::regclass AND NOT granted`,
      )
      return rowCount === 1
    })
    await writer.query('COMMIT')
    writer.release()
    await told
    expect(history.violations()).toEqual([])
  } finally {
    await database.close()
  }
})
