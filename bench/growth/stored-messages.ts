// A database that holds as many messages as if people had talked for long: in rooms of a hundred each, with all that
// the chat store keeps of a message, made by SQL, since to say them all would take hours.
import type { Pool } from '../../platform/postgres/pool.ts'
import { ordinaryText } from '../givens.ts'

export const messagesEach = 100
/** Whose messages become durable together; and so many of these parts at the same time. */
const roomsAtOnce = 500
const partsAtOnce = 2

/** The same for the same number; in no order, as those of real conversations are. */
const roomId = `md5('room ' || room)::uuid`

/** Ids of version 7, a millisecond apart and all of the past, as gateways make them. */
const said = `
  SELECT ${roomId} AS room_id, nth AS seq, at_ms,
         (lpad(to_hex(at_ms), 12, '0') || '7000' || '8' || lpad(to_hex(room), 15, '0'))::uuid AS message_id,
         md5('client ' || room || ' ' || nth)::uuid AS client_id,
         'talker-' || nth % 7 AS sender
    FROM generate_series($1::bigint, $2::bigint) AS room, generate_series(1, ${messagesEach}) AS nth,
 LATERAL (SELECT $3::bigint - ((room % 1000) * ${messagesEach} + nth) AS at_ms) AS time`

const fill = [
  `INSERT INTO conversations
          (conversation_id, kind, subject_type, subject_id, created_at_ms, version, batch_id, last_seq,
           last_message_seq, last_message_at_ms)
   SELECT ${roomId}, 'room', 'sale', 'sale-' || room, $3::bigint, 1, ${roomId}, ${messagesEach}, ${messagesEach}, $3::bigint
     FROM generate_series($1::bigint, $2::bigint) AS room`,
  // Of a room nothing is sought, so its column stays empty.
  `INSERT INTO messages (conversation_id, message_id, seq, sender_id, kind, at_ms, state, view, search)
   SELECT room_id, message_id, seq, sender, 'text', at_ms, 'visible',
          jsonb_build_object('messageId', message_id, 'conversationId', room_id, 'seq', seq,
            'senderId', sender, 'clientMessageId', client_id, 'kind', 'text', 'at', at_ms,
            'text', '${ordinaryText}'), NULL
     FROM (${said}) AS said`,
  `INSERT INTO conversation_events (conversation_id, seq, at_ms, type, actor_id, message_id, detail)
   SELECT room_id, seq, at_ms, 'message', sender, message_id, '{}' FROM (${said}) AS said`,
  `INSERT INTO conversation_commands (conversation_id, actor_id, command_id, fingerprint, reply)
   SELECT room_id, sender, client_id, 'a fingerprint of 22 ch', '{"outcome":"accepted"}'
     FROM (${said}) AS said`,
]

/** Resolves when the database has had its time to settle: nobody else pays for what filling it left to do. */
export async function storeMessages(pool: Pool, messages: number): Promise<void> {
  const rooms = Math.max(1, Math.round(messages / messagesEach))
  const nowMs = Date.now()
  let next = 0
  const fillOn = async (): Promise<void> => {
    while (next < rooms) {
      const first = next
      next += roomsAtOnce
      const last = Math.min(rooms, next) - 1
      for (const statement of fill) await pool.query(statement, [first, last, nowMs])
    }
  }
  await Promise.all(Array.from({ length: partsAtOnce }, fillOn))
  await pool.query('VACUUM ANALYZE')
  await pool.query('CHECKPOINT')
}

/** So many of the rooms, spread over all of them. */
export async function someRooms(
  pool: Pool,
  messages: number,
  count: number,
): Promise<readonly string[]> {
  const rooms = Math.max(1, Math.round(messages / messagesEach))
  const { rows } = await pool.query<{ id: string }>(
    `SELECT DISTINCT ${roomId} AS id
       FROM generate_series(0, $1 - 1) AS nth, LATERAL (SELECT nth * $2::bigint / $1 AS room) AS place`,
    [count, rooms],
  )
  return rows.map(({ id }) => id)
}
