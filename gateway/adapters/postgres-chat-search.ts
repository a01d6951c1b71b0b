// Full-text search over the messages of one's own conversations.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { MessageView, SearchPage } from '../../protocol/chat.ts'
import type { SearchMessages } from '../../protocol/chat-requests.ts'
import { pageOf } from './keyset-page.ts'
import { readCursor, writeCursor } from './page-cursor.ts'

// `websearch_to_tsquery` takes whatever people type. A last word may be unfinished, so it stands for all
// that begin like it; one that is excluded, or the end of a group, is left as it is.
const wanted = `
  (SELECT CASE WHEN q::text ~ '(^| )''([^'']|'''')+''$' THEN (q::text || ':*')::tsquery ELSE q END
     FROM websearch_to_tsquery('simple', $2) AS q)`

// Ids of messages begin with their time, so they give the order, the place to go on from, and the months
// to look into. The statement has no name: whether the words or the conversations are the shorter way
// depends on who asks for what.
const searchText = `
  SELECT m.message_id, m.view FROM messages m
    JOIN conversation_members me ON me.conversation_id = m.conversation_id AND me.user_id = $1
    JOIN conversations c ON c.conversation_id = m.conversation_id AND c.kind <> 'room'
   WHERE m.search @@ ${wanted} AND m.state = 'visible'
     AND ($3::uuid IS NULL OR m.conversation_id = $3)
     AND ($4::uuid IS NULL OR m.message_id < $4)
     AND ($5::bigint IS NULL OR m.message_id >= uuid_v7_floor($5))
     AND NOT EXISTS (SELECT FROM message_hides h
                      WHERE h.conversation_id = m.conversation_id AND h.user_id = $1
                        AND h.message_id = m.message_id)
   ORDER BY m.message_id DESC LIMIT $6`

/** Minus signs that exclude nothing: PostgreSQL gives up on a query with very many of them. */
const idleMinus = /-+(?![\p{L}\p{N}]|"[^"]*[\p{L}\p{N}][^"]*")/gu

const dayMs = 24 * 3_600_000
/**
 * How far back is looked at first, and where that is not enough for a page, and at last. Who has said a
 * common word for years finds a page of it in the last weeks, without all that was ever said being read.
 */
const reachesMs = [31 * dayMs, 366 * dayMs, undefined]

interface FoundRow {
  readonly message_id: string
  readonly view: MessageView
}

/** Undefined where the cursor is none of ours. */
export async function searchMessages(
  pool: Pool,
  nowMs: number,
  userId: string,
  { query, conversationId, cursor, limit }: SearchMessages,
): Promise<SearchPage | undefined> {
  const [before] = cursor === undefined ? [null] : (readCursor(cursor, ['uuid']) ?? [])
  if (before === undefined) return undefined
  const fromMs = typeof before === 'string' ? timeOf(before) : nowMs
  const words = query.replaceAll(idleMinus, ' ')
  let rows: readonly FoundRow[] = []
  for (const reachMs of reachesMs) {
    const sinceMs = reachMs === undefined ? null : Math.max(0, fromMs - reachMs)
    const values = [userId, words, conversationId ?? null, before, sinceMs, limit + 1]
    rows = (await pool.query<FoundRow>(searchText, values)).rows
    if (rows.length > limit) break
  }
  return pageOf(
    rows,
    limit,
    ({ view }) => view,
    (last) => writeCursor([last.message_id]),
  )
}

/** When an id of version 7 was made, epoch ms. */
function timeOf(messageId: string): number {
  return Number.parseInt(messageId.slice(0, 8) + messageId.slice(9, 13), 16)
}
