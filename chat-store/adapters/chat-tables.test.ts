// What the tables themselves promise, beyond what a chat log reads of them.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { uuidv7 } from '../../platform/ids.ts'
import { createLogger } from '../../platform/log.ts'
import { closePool, createPool, type Pool, transaction } from '../../platform/postgres/pool.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { ChatLog } from '../ports/chat-log.ts'
import {
  after,
  atMs,
  batchOf,
  changeOf,
  conversationOf,
  idAt,
  messageOf,
  opening,
  roomOf,
  sending,
} from '../testing/changes.ts'
import { createPostgresChatHouse } from './postgres-chat-house.ts'
import { createPostgresChatLog } from './postgres-chat-log.ts'

let database: ThrowawayDatabase
let pool: Pool
let chatLog: ChatLog

beforeEach(async () => {
  database = await throwawayDatabase()
  const log = createLogger({ name: 'test', level: 'silent' })
  pool = createPool(database.url, { log, applicationName: 'chat tables test' })
  chatLog = createPostgresChatLog(pool)
})
afterEach(async () => {
  await chatLog.close()
  await closePool(pool)
  await database.drop()
})

async function rowsOf(text: string, values: readonly unknown[] = []): Promise<unknown[]> {
  const { rows } = await pool.query<object>(text, [...values])
  return rows
}

function partsOf(table: string): Promise<unknown[]> {
  return rowsOf(`SELECT tableoid::regclass::text AS part FROM ${table} ORDER BY seq`)
}

describe('months', () => {
  const farOff = Date.UTC(2041, 10, 20)
  const ensure = async (months: number, from = farOff) => {
    const { rows } = await pool.query<{ made: number }>(
      'SELECT ensure_chat_partitions($1, $2) AS made',
      [from, months],
    )
    return rows[0]?.made
  }

  test('a message lies in the month of its id, its event in the month in which it happened', async () => {
    await ensure(1)
    const conversation = conversationOf(uuidv7())
    const messages = [Date.UTC(2041, 11, 1) - 1, Date.UTC(2041, 11, 1)].map((madeAtMs, nth) =>
      messageOf(conversation.conversationId, nth + 1, { messageId: idAt(madeAtMs) }),
    )
    const change = changeOf(conversation, {
      messages,
      events: [
        { seq: 1, atMs: farOff, type: 'message_created', actorId: 'ann', detail: {} },
        { seq: 2, atMs: Date.UTC(2041, 11, 1), type: 'receipt', actorId: 'ann', detail: {} },
      ],
    })
    expect(await chatLog.commit(batchOf(change))).toMatchObject({ type: 'done' })
    expect(await partsOf('messages')).toEqual([
      { part: 'messages_2041_11' },
      { part: 'messages_2041_12' },
    ])
    expect(await partsOf('conversation_events')).toEqual([
      { part: 'conversation_events_2041_11' },
      { part: 'conversation_events_2041_12' },
    ])
  })

  test('they are made once, whoever comes at the same time', async () => {
    const made = await Promise.all([ensure(3), ensure(5), ensure(2), ensure(5)])
    expect(made.reduce<number>((sum, count) => sum + (count ?? 0), 0)).toBe(6)
    expect(await ensure(5)).toBe(0)
  })

  test('they wait for nobody: who reads for long is not disturbed, and the next call makes them', async () => {
    const meanwhile = await transaction(pool, async (reader) => {
      await reader.query('SELECT FROM messages')
      return ensure(1)
    })
    expect(meanwhile).toBe(0)
    expect(await ensure(1)).toBe(2)
  })

  test('a month whose messages lie among the others is left to them', async () => {
    const early = messageOf(uuidv7(), 1, { messageId: idAt(farOff) })
    const conversation = conversationOf(early.view.conversationId)
    await chatLog.commit(batchOf(changeOf(conversation, { messages: [early] })))
    expect(await ensure(1)).toBe(1)
    expect(await partsOf('messages')).toEqual([{ part: 'messages_other' }])
  })
})

test('a commit whose server process ends while it waits is in doubt, and the same batch settles it', async () => {
  const opened = opening(conversationOf(uuidv7()))
  await chatLog.commit(batchOf(opened))
  const batch = batchOf(sending(after(opened)))
  const waiting = await transaction(pool, async (other) => {
    await other.query('SELECT FROM conversations FOR UPDATE')
    const commit = chatLog.commit(batch)
    await waitFor(async () => {
      const { rows } = await other.query<object>(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      return rows.length > 0
    })
    return commit
  })
  expect(waiting.type).toBe('in_doubt')
  expect(await chatLog.commit(batch)).toMatchObject({ verdicts: [{ type: 'committed' }] })
})

test('the words of new messages are taken into the search index, whatever their month', async () => {
  const conversation = conversationOf(uuidv7())
  const { conversationId } = conversation
  const messages = [
    messageOf(conversationId, 1, { text: 'A date palm' }),
    messageOf(conversationId, 2, { messageId: idAt(atMs), text: 'A fan palm' }),
  ]
  await chatLog.commit(batchOf(changeOf(conversation, { messages })))
  const fold = 'SELECT fold_chat_search() AS pages'
  expect(await rowsOf(fold)).toEqual([{ pages: 2 }])
  expect(await rowsOf(fold)).toEqual([{ pages: 0 }])
  const found = `SELECT seq FROM messages WHERE search @@ plainto_tsquery('simple', 'PALM fan')`
  expect(await rowsOf(found)).toEqual([{ seq: 2 }])
})

test('what is said in a room is not sought by anybody, so its words are not kept apart', async () => {
  const room = roomOf(uuidv7())
  const message = messageOf(room.conversationId, 1, { text: 'A date palm' })
  await chatLog.commit(batchOf(changeOf(room, { messages: [message] })))
  expect(await rowsOf('SELECT seq, search FROM messages')).toEqual([{ seq: 1, search: null }])
})

describe('what is kept for others to read', () => {
  test('former texts, messages hidden, cases and the log, of no conversation that conflicts', async () => {
    const conversation = conversationOf(uuidv7())
    const message = messageOf(conversation.conversationId, 1)
    const { messageId } = message.view
    const [heldId, reportId] = [uuidv7(), uuidv7()]
    const change = changeOf(conversation, {
      versions: [{ messageId, fromMs: 5, toMs: 9, actorId: 'ann', view: message.view }],
      hides: [{ userId: 'sam', messageId }],
      casesOpened: [
        { caseId: heldId, kind: 'held', messageId, rules: ['links', 'words, "quoted"'] },
        {
          caseId: reportId,
          kind: 'report',
          reportedBy: 'sam',
          reason: 'spam',
          note: '{}',
          rules: [],
        },
      ],
      casesDecided: [{ caseId: heldId, decision: 'release', decidedBy: 'mod' }],
      log: [{ moderatorId: 'mod', action: 'release', caseId: heldId, detail: { note: 'fine' } }],
    })
    const stale = { ...change, conversation: { ...conversationOf(uuidv7()), version: 7 } }
    await chatLog.commit(batchOf(change, stale))
    // Hiding what is hidden already is no fault.
    await chatLog.commit(batchOf(changeOf(after(change), { hides: change.hides })))

    const { conversationId } = conversation
    expect(await rowsOf('SELECT * FROM message_versions')).toEqual([
      {
        conversation_id: conversationId,
        message_id: messageId,
        from_ms: 5,
        to_ms: 9,
        actor_id: 'ann',
        view: message.view,
      },
    ])
    expect(await rowsOf('SELECT * FROM message_hides')).toEqual([
      { conversation_id: conversationId, user_id: 'sam', message_id: messageId },
    ])
    expect(await rowsOf('SELECT * FROM moderation_cases ORDER BY kind')).toMatchObject([
      {
        case_id: heldId,
        conversation_id: conversationId,
        message_id: messageId,
        opened_at_ms: atMs,
        rules: ['links', 'words, "quoted"'],
        decision: 'release',
        decided_by: 'mod',
        decided_at_ms: atMs,
      },
      {
        case_id: reportId,
        message_id: null,
        reported_by: 'sam',
        reason: 'spam',
        note: '{}',
        rules: [],
        decision: null,
      },
    ])
    expect(await rowsOf('SELECT * FROM moderation_log')).toMatchObject([
      {
        at_ms: atMs,
        moderator_id: 'mod',
        action: 'release',
        conversation_id: conversationId,
        case_id: heldId,
        user_id: null,
        detail: { note: 'fine' },
      },
    ])
  })

  test('an upload belongs to the message that holds it, and only in its own conversation', async () => {
    const house = createPostgresChatHouse(pool)
    const opened = opening(conversationOf(uuidv7()))
    const elsewhere = opening(conversationOf(uuidv7()))
    await chatLog.commit(batchOf(opened, elsewhere))
    const attachmentId = uuidv7()
    const messageId = uuidv7()
    const { conversationId } = opened.conversation
    const file = { fileName: 'a.png', contentType: 'image/png', bytes: 1 }
    await house.addAttachment({ attachmentId, conversationId, ownerId: 'ann', ...file }, atMs)
    const attach = (id: string) => ({ attachments: [{ attachmentId, messageId: id }] })
    await chatLog.commit(
      batchOf(
        changeOf(after(opened), attach(messageId)),
        changeOf(after(elsewhere), attach(uuidv7())),
      ),
    )
    expect(await rowsOf('SELECT message_id FROM attachments')).toEqual([{ message_id: messageId }])
  })

  test('a held message has no place in the stream until it is released', async () => {
    const conversation = conversationOf(uuidv7())
    const held = messageOf(conversation.conversationId, 0)
    const change = changeOf(conversation, { messages: [held] })
    await chatLog.commit(batchOf(change))
    expect(await rowsOf('SELECT seq, state FROM messages')).toEqual([{ seq: null, state: 'held' }])
    const released = { ...held, state: 'visible', view: { ...held.view, seq: 1 } } as const
    await chatLog.commit(batchOf(changeOf(after(change), { changedMessages: [released] })))
    expect(await rowsOf('SELECT seq, state FROM messages')).toEqual([{ seq: 1, state: 'visible' }])
  })

  test('what the house does in moderation is logged, and an erasure is asked for once', async () => {
    const house = createPostgresChatHouse(pool)
    await house.silence({ userId: 'ann', until: atMs + 1, note: 'rude' }, 'mod', atMs)
    await house.setRules([], 'adm', atMs + 1)
    expect(await rowsOf('SELECT * FROM moderation_log ORDER BY at_ms')).toMatchObject([
      {
        at_ms: atMs,
        moderator_id: 'mod',
        action: 'silence',
        user_id: 'ann',
        detail: { until: atMs + 1, note: 'rude' },
      },
      { moderator_id: 'adm', action: 'set_rules', detail: { rules: [] } },
    ])
    await house.requestErasure('ann', 'adm', atMs)
    await house.requestErasure('ann', 'other', atMs + 5)
    expect(await rowsOf('SELECT * FROM erasures')).toMatchObject([
      { user_id: 'ann', requested_by: 'adm', requested_at_ms: atMs, done_at_ms: null },
    ])
  })
})
