// The rows of the outbox that are about conversations.
import { outboxRows } from '../../platform/postgres/outbox-rows.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import type { ChatPublication } from '../../protocol/chat.ts'
import type { ChatOutbox, UntoldChatEvents } from '../ports/chat-outbox.ts'

interface UntoldRow {
  readonly id: number
  readonly conversation_id: string
  /** All null where retention took the events. */
  readonly seq: number | null
  readonly actor_id: string | null
  readonly publication: ChatPublication | null
}

export function createPostgresChatOutbox(pool: Pool): ChatOutbox {
  return {
    ...outboxRows(pool, 'conversation'),
    async unpublished(beforeMs, limit) {
      const { rows } = await pool.query<UntoldRow>({
        name: 'unpublished_chat',
        text: unpublished,
        values: [beforeMs, limit],
      })
      return untoldFrom(rows)
    },
  }
}

function untoldFrom(rows: readonly UntoldRow[]): UntoldChatEvents[] {
  return [...Map.groupBy(rows, ({ id }) => id)].flatMap(([outboxId, found]) => {
    const [first] = found
    if (first === undefined) return []
    const events = found.flatMap(({ seq, actor_id: actorId, publication }) =>
      seq === null || actorId === null || publication === null
        ? []
        : [{ seq, actorId, publication }],
    )
    return [{ outboxId, conversationId: first.conversation_id, events }]
  })
}

// LATERAL with a LIMIT: each row's events are looked up by their seqs, and never a whole stream, however large
// the log was when this was planned.
const unpublished = `
  SELECT o.id, o.aggregate_id AS conversation_id, p.seq, p.actor_id, p.publication
    FROM (SELECT id, aggregate_id, from_seq, to_seq FROM outbox
           WHERE NOT published AND source = 'conversation' AND created_at_ms < $1
           ORDER BY id LIMIT $2) AS o
    LEFT JOIN LATERAL (
           SELECT e.seq, e.actor_id, e.publication FROM conversation_publications e
            WHERE e.conversation_id = o.aggregate_id AND e.seq BETWEEN o.from_seq AND o.to_seq
            ORDER BY e.seq LIMIT o.to_seq - o.from_seq + 1) AS p ON true
   ORDER BY o.id, p.seq`
