import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLogger } from '../../platform/log.ts'
import { closePool, createPool, type Pool } from '../../platform/postgres/pool.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { idAt } from '../testing/changes.ts'
import { createPostgresChatHouse } from './postgres-chat-house.ts'
import { createPostgresChatKeeping } from './postgres-chat-keeping.ts'

const day = 24 * 3_600_000
const january = Date.UTC(2031, 0, 10)
const room = '00000000-0000-4000-8000-000000000001'
const pair = '00000000-0000-4000-8000-000000000002'

let database: ThrowawayDatabase
let pool: Pool

beforeEach(async () => {
  database = await throwawayDatabase()
  const log = createLogger({ name: 'test', level: 'silent' })
  pool = createPool(database.url, { log, applicationName: 'test', max: 4 })
})

afterEach(async () => {
  await closePool(pool)
  await database.drop()
})

async function converse(conversationId: string, kind: string, lastAtMs: number): Promise<void> {
  await pool.query(
    `INSERT INTO conversations (conversation_id, kind, subject_type, subject_id, buyer_id, seller_id,
            created_at_ms, version, batch_id, last_seq, last_message_at_ms)
     VALUES ($1, $2, 'listing', 'l1', 'ann', 'bob', $3, 1, $1, 0, $3)`,
    [conversationId, kind, lastAtMs],
  )
  for (const userId of ['ann', 'bob']) {
    await pool.query(
      `INSERT INTO conversation_members (conversation_id, user_id, role, joined_seq, delivered_seq,
              read_seq, told_delivered_seq, told_read_seq, told_at_ms, draft)
       VALUES ($1, $2, 'participant', 0, 0, 0, 0, 0, 0, 'half a thought')`,
      [conversationId, userId],
    )
  }
}

async function say(
  conversationId: string,
  seq: number,
  atMs: number,
  { senderId = 'ann', quotes }: { senderId?: string; quotes?: string } = {},
): Promise<string> {
  const messageId = idAt(atMs, seq)
  const replyTo = quotes === undefined ? {} : { replyTo: { senderId: quotes, text: 'a secret' } }
  const view = { text: 'a secret', senderId, ...replyTo }
  await pool.query(
    `INSERT INTO messages (conversation_id, message_id, seq, sender_id, kind, at_ms, state, view)
     VALUES ($1, $2, $3, $4, 'text', $5, 'visible', $6)`,
    [conversationId, messageId, seq, senderId, atMs, view],
  )
  await pool.query(
    `INSERT INTO conversation_events (conversation_id, seq, at_ms, type, actor_id, message_id, detail)
     VALUES ($1, $2, $3, 'message_created', $4, $5, '{}')`,
    [conversationId, seq, atMs, senderId, messageId],
  )
  return messageId
}

const seqs = async (table: 'messages' | 'conversation_events', conversationId: string) => {
  const { rows } = await pool.query<{ seq: number }>(
    `SELECT seq FROM ${table} WHERE conversation_id = $1 ORDER BY seq`,
    [conversationId],
  )
  return rows.map(({ seq }) => seq)
}

async function waitsForLock(statement: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `SELECT FROM pg_stat_activity WHERE starts_with(query, $1) AND wait_event_type = 'Lock'`,
    [statement],
  )
  return rowCount !== 0
}

describe('retention', () => {
  test('takes what is older, of its kind only, and the numbers go on', async () => {
    const keeping = createPostgresChatKeeping(pool)
    await converse(room, 'room', january + 40 * day)
    await converse(pair, 'direct', january)
    for (const [seq, after] of [0, 10, 40].entries())
      await say(room, seq + 1, january + after * day)
    await say(pair, 1, january)

    const thinned = await keeping.thin('room', january + 20 * day, 100)

    expect(thinned).toEqual({ conversations: 1, messages: 2 })
    expect(await seqs('messages', room)).toEqual([3])
    expect(await seqs('conversation_events', room)).toEqual([3])
    expect(await seqs('messages', pair)).toEqual([1])
  })

  test('looks at a conversation once for the same day, and no more once it is empty', async () => {
    const keeping = createPostgresChatKeeping(pool)
    await converse(room, 'room', january)
    await say(room, 1, january)
    expect(await keeping.thin('room', january + day, 100)).toEqual({
      conversations: 1,
      messages: 1,
    })
    expect(await keeping.thin('room', january + day, 100)).toMatchObject({ conversations: 0 })
    expect(await keeping.thin('room', january + 9 * day, 100)).toMatchObject({ conversations: 0 })
  })

  test('leaves alone what is under legal hold, and takes it when that ends', async () => {
    const keeping = createPostgresChatKeeping(pool)
    await converse(room, 'room', january)
    await say(room, 1, january)
    await pool.query('UPDATE conversations SET legal_hold = true')
    expect(await keeping.thin('room', january + day, 100)).toMatchObject({ messages: 0 })
    await pool.query('UPDATE conversations SET legal_hold = false')
    expect(await keeping.thin('room', january + day, 100)).toMatchObject({ messages: 1 })
  })

  test('what is decided meanwhile on a thinned conversation is decided anew', async () => {
    await converse(room, 'room', january)
    await createPostgresChatKeeping(pool).thin('room', january + day, 100)
    const { rows } = await pool.query('SELECT version FROM conversations')
    expect(rows).toEqual([{ version: 2 }])
  })
})

const parts = async (): Promise<string[]> => {
  const { rows } = await pool.query<{ relname: string }>(
    `SELECT relname FROM pg_class WHERE relname ~ '^messages_2031_\\d\\d$' AND relkind = 'r' ORDER BY 1`,
  )
  return rows.map(({ relname }) => relname)
}

describe('months', () => {
  test('are made ahead, hold their messages, and go when they are over and empty', async () => {
    const keeping = createPostgresChatKeeping(pool)
    expect(await keeping.preparePartitions(january, 2)).toBe(3)
    expect(await keeping.preparePartitions(january, 2)).toBe(0)
    expect(await parts()).toEqual(['messages_2031_01', 'messages_2031_02', 'messages_2031_03'])

    await converse(room, 'room', january)
    await say(room, 1, january)
    const { rows } = await pool.query(`SELECT tableoid::regclass::text AS part FROM messages`)
    expect(rows).toEqual([{ part: 'messages_2031_01' }])

    const inMarch = Date.UTC(2031, 2, 2)
    expect(await keeping.dropEmptyPartitions(inMarch)).toBeGreaterThan(0)
    expect(await parts()).toEqual(['messages_2031_01', 'messages_2031_03'])
    await keeping.thin('room', inMarch, 100)
    expect(await keeping.dropEmptyPartitions(inMarch)).toBe(2)
    expect(await parts()).toEqual(['messages_2031_03'])
  })

  test('that are empty stay until nobody is at work on their tables', async () => {
    const keeping = createPostgresChatKeeping(pool)
    await keeping.preparePartitions(january, 0)
    const atWork = await pool.connect()
    try {
      // As a commit takes them: messages first, then events.
      await atWork.query('BEGIN')
      await atWork.query('LOCK TABLE messages IN ROW EXCLUSIVE MODE')
      const [dropped] = await Promise.all([
        keeping.dropEmptyPartitions(Date.UTC(2031, 1, 2)),
        waitFor(() => waitsForLock('SELECT drop_empty_chat_partitions(')).then(() =>
          atWork.query('LOCK TABLE conversation_events IN ROW EXCLUSIVE MODE'),
        ),
      ])
      await atWork.query('COMMIT')
      expect(dropped).toBeGreaterThan(0)
      expect(await parts()).toEqual(['messages_2031_01'])
    } finally {
      atWork.release()
    }
    expect(await keeping.dropEmptyPartitions(Date.UTC(2031, 1, 2))).toBeGreaterThan(0)
    expect(await parts()).toEqual([])
  })

  test('are removed by one of two who come at once', async () => {
    const keeping = createPostgresChatKeeping(pool)
    await keeping.preparePartitions(january, 0)
    const inMarch = Date.UTC(2031, 2, 2)
    const other = await pool.connect()
    try {
      await other.query('BEGIN')
      await other.query('SELECT drop_empty_chat_partitions($1)', [inMarch])
      let isDone = false
      const dropped = keeping.dropEmptyPartitions(inMarch).finally(() => {
        isDone = true
      })
      await Promise.all([
        expect(dropped).resolves.toBe(0),
        waitFor(
          async () => isDone || (await waitsForLock('SELECT drop_empty_chat_partitions(')),
        ).then(() => other.query('COMMIT')),
      ])
      expect(await parts()).toEqual([])
    } finally {
      other.release()
    }
  })
})

const askForErasure = (userId: string) =>
  pool.query(
    `INSERT INTO erasures (user_id, requested_by, requested_at_ms) VALUES ($1, 'house', 1)`,
    [userId],
  )

describe('erasing a user', () => {
  test('names its messages until none says anything', async () => {
    const keeping = createPostgresChatKeeping(pool)
    await converse(pair, 'direct', january)
    const messageId = await say(pair, 1, january)
    await say(pair, 2, january, { senderId: 'bob' })
    expect(await keeping.messagesToErase('ann', undefined, 10)).toEqual([
      { conversationId: pair, messageId },
    ])
    expect(await keeping.messagesToErase('ann', messageId, 10)).toEqual([])
    await pool.query(`UPDATE messages SET state = 'deleted' WHERE sender_id = 'ann'`)
    expect(await keeping.messagesToErase('ann', undefined, 10)).toEqual([])
  })

  test('spares an accepted offer without words, which is a contract of two', async () => {
    await converse(pair, 'direct', january)
    await say(pair, 1, january)
    await pool.query(
      `UPDATE messages SET view = view || '{"text": "", "offer": {"state": "accepted"}}'`,
    )
    expect(await createPostgresChatKeeping(pool).messagesToErase('ann', undefined, 10)).toEqual([])
  })

  test('I21: leaves its words in no quote, draft or former text', async () => {
    const keeping = createPostgresChatKeeping(pool)
    await askForErasure('ann')
    await converse(pair, 'direct', january)
    const messageId = await say(pair, 1, january)
    await say(pair, 2, january, { senderId: 'bob', quotes: 'ann' })
    await pool.query(
      `INSERT INTO message_versions (conversation_id, message_id, from_ms, to_ms, actor_id, view)
       VALUES ($1, $2, 1, 2, 'ann', '{"senderId": "ann", "text": "a former secret"}')`,
      [pair, messageId],
    )
    expect(await keeping.eraseTraces('ann', january, day)).toBe(true)

    const { rows } = await pool.query(
      `SELECT (SELECT view #>> '{replyTo,text}' FROM messages WHERE seq = 2) AS quote,
              (SELECT count(*) FROM message_versions) AS versions,
              (SELECT draft FROM conversation_members WHERE user_id = 'ann') AS draft,
              (SELECT draft FROM conversation_members WHERE user_id = 'bob') AS other`,
    )
    expect(rows).toEqual([{ quote: '', versions: 0, draft: null, other: 'half a thought' }])
    expect(await keeping.erasuresToDo(january + 9 * day, 10)).toEqual([])
  })

  test('and unblocking somebody meanwhile do not wait for each other', async () => {
    await askForErasure('ann')
    await converse(pair, 'direct', january)
    await pool.query(`INSERT INTO blocks (blocker_id, blocked_id, at_ms) VALUES ('ann', 'bob', 1)`)
    const unblocking = await pool.connect()
    try {
      // As an unblocking takes them: the block first, then the conversations of the two.
      await unblocking.query('BEGIN')
      await unblocking.query('DELETE FROM blocks')
      const [erased] = await Promise.all([
        createPostgresChatKeeping(pool).eraseTraces('ann', january, day),
        waitFor(() => waitsForLock('SELECT erase_traces(')).then(() =>
          unblocking.query('UPDATE conversations SET version = version + 1; COMMIT'),
        ),
      ])
      expect(erased).toBe(true)
    } finally {
      unblocking.release()
    }
  })

  test('and silencing it everywhere meanwhile do not wait for each other', async () => {
    const house = createPostgresChatHouse(pool)
    await converse(pair, 'direct', january)
    await house.setHidesReadMarks('ann', true)
    const erasing = await pool.connect()
    try {
      // As an erasure takes them: the user's conversations first, then its settings.
      await erasing.query('BEGIN')
      await erasing.query('SELECT FROM conversations FOR UPDATE')
      const silenced = house.silence({ userId: 'ann', until: january + day }, 'mod', january)
      await Promise.all([
        silenced,
        waitFor(() => waitsForLock('WITH own AS')).then(() =>
          erasing.query('UPDATE chat_settings SET hide_read_marks = false; COMMIT'),
        ),
      ])
    } finally {
      erasing.release()
    }
    const { rows } = await pool.query(
      'SELECT hide_read_marks, silenced_until_ms FROM chat_settings',
    )
    expect(rows).toEqual([{ hide_read_marks: false, silenced_until_ms: january + day }])
  })

  test('waits for the end of a legal hold', async () => {
    const keeping = createPostgresChatKeeping(pool)
    await askForErasure('ann')
    await converse(pair, 'direct', january)
    await say(pair, 1, january)
    await pool.query('UPDATE conversations SET legal_hold = true')
    expect(await keeping.messagesToErase('ann', undefined, 10)).toEqual([])
    expect(await keeping.eraseTraces('ann', january, day)).toBe(false)
    expect(await keeping.erasuresToDo(january, 10)).toEqual([])
    expect(await keeping.erasuresToDo(january + day, 10)).toEqual(['ann'])
  })
})
