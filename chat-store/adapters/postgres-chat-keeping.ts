// Retention and erasure in PostgreSQL; the statements that do the work are in `sql/000004`.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { ChatKeeping, MessageRef, Thinned } from '../ports/chat-keeping.ts'

export function createPostgresChatKeeping(pool: Pool): ChatKeeping {
  const value = async <T>(text: string, values: readonly unknown[]): Promise<T> => {
    const { rows } = await pool.query<{ value: T }>(text, [...values])
    const [row] = rows
    if (row === undefined) throw new Error(`${text} returned nothing`)
    return row.value
  }
  return {
    preparePartitions: (nowMs, months) =>
      value('SELECT ensure_chat_partitions($1, $2) AS value', [nowMs, months]),
    async foldSearch() {
      await pool.query('SELECT fold_chat_search()')
    },
    async thin(kind, beforeMs, conversationsMax) {
      const { rows } = await pool.query<Thinned>(
        'SELECT conversations, messages FROM thin_conversations($1, $2, $3)',
        [kind, beforeMs, conversationsMax],
      )
      return rows[0] ?? { conversations: 0, messages: 0 }
    },
    dropEmptyPartitions: (beforeMs) =>
      value('SELECT drop_empty_chat_partitions($1) AS value', [beforeMs]),
    async erasuresToDo(nowMs, limit) {
      const { rows } = await pool.query<{ user_id: string }>(erasuresToDo, [nowMs, limit])
      return rows.map(({ user_id }) => user_id)
    },
    async messagesToErase(userId, afterId, limit) {
      const values = [userId, afterId ?? null, limit]
      const { rows } = await pool.query<MessageRef>(messagesToErase, values)
      return rows
    },
    eraseTraces: (userId, nowMs, againMs) =>
      value('SELECT erase_traces($1, $2, $3) AS value', [userId, nowMs, againMs]),
  }
}

const erasuresToDo = `
  SELECT user_id FROM erasures WHERE done_at_ms IS NULL AND next_at_ms <= $1
   ORDER BY requested_at_ms LIMIT $2`

const messagesToErase = `
  SELECT m.conversation_id AS "conversationId", m.message_id AS "messageId"
    FROM messages m JOIN conversations c ON c.conversation_id = m.conversation_id
   WHERE m.sender_id = $1 AND m.state <> 'deleted' AND NOT c.legal_hold
     AND ($2::uuid IS NULL OR m.message_id > $2)
     AND (m.view #>> '{offer,state}' IS DISTINCT FROM 'accepted' OR m.view ->> 'text' <> '')
   ORDER BY m.message_id LIMIT $3`
