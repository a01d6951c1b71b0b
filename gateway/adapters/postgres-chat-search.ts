// Full-text search over the messages of one's own conversations.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { MessageView, SearchPage } from '../../protocol/chat.ts'
import type { SearchMessages } from '../../protocol/chat-requests.ts'
import { readCursor, writeCursor } from './page-cursor.ts'

// `websearch_to_tsquery` takes whatever people type. A last word may be unfinished, so it stands for all
// that begin like it; one that is excluded, or the end of a group, is left as it is.
const wanted = `
  (SELECT CASE WHEN q::text ~ '(^| )''([^'']|'''')+''$' THEN (q::text || ':*')::tsquery ELSE q END
     FROM websearch_to_tsquery('simple', $2) AS q)`

// Ids of messages begin with their time, so they give the order and the place to go on from. The statement
// has no name: whether the words or the conversations are the shorter way depends on who asks for what.
const searchText = `
  SELECT m.message_id, m.view FROM messages m
    JOIN conversation_members me ON me.conversation_id = m.conversation_id AND me.user_id = $1
    JOIN conversations c ON c.conversation_id = m.conversation_id AND c.kind <> 'room'
   WHERE m.search @@ ${wanted} AND m.state = 'visible'
     AND ($3::uuid IS NULL OR m.conversation_id = $3)
     AND ($4::uuid IS NULL OR m.message_id < $4)
     AND NOT EXISTS (SELECT FROM message_hides h
                      WHERE h.conversation_id = m.conversation_id AND h.user_id = $1
                        AND h.message_id = m.message_id)
   ORDER BY m.message_id DESC LIMIT $5`

/** Minus signs that exclude nothing: PostgreSQL gives up on a query with very many of them. */
const idleMinus = /-+(?![\p{L}\p{N}]|"[^"]*[\p{L}\p{N}][^"]*")/gu

interface FoundRow {
  readonly message_id: string
  readonly view: MessageView
}

/** Undefined where the cursor is none of ours. */
export async function searchMessages(
  pool: Pool,
  userId: string,
  { query, conversationId, cursor, limit }: SearchMessages,
): Promise<SearchPage | undefined> {
  const before = cursor === undefined ? [null] : readCursor(cursor, ['uuid'])
  if (before === undefined) return undefined
  const words = query.replaceAll(idleMinus, ' ')
  // One more than asked for tells whether there is a next page.
  const values = [userId, words, conversationId ?? null, ...before, limit + 1]
  const { rows } = await pool.query<FoundRow>(searchText, values)
  const page = rows.slice(0, limit)
  const items = page.map(({ view }) => view)
  const last = page.at(-1)
  return rows.length > limit && last !== undefined
    ? { items, next: writeCursor([last.message_id]) }
    : { items }
}
