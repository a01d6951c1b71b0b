// Messages and the streams of conversations, as PostgreSQL has them committed.
import type { Pool } from '../../platform/postgres/pool.ts'
import type {
  AttachmentView,
  ChatPublication,
  MessagePage,
  MessageVersion,
  MessageView,
} from '../../protocol/chat.ts'
import type { MessageHistory } from '../../protocol/chat-requests.ts'
import type { ChatBook, StoredChatEvent } from '../ports/chat-book.ts'
import type { StreamRange } from '../ports/lot-book.ts'
import { isShownTo, viewFor } from './chat-book-rows.ts'
import { pageOf } from './keyset-page.ts'

const upwardsQuery = {
  name: 'gateway-chat-publications',
  text: `
    SELECT seq, actor_id, publication FROM conversation_publications
     WHERE conversation_id = $1 AND seq > coalesce($2::bigint, 0)
     ORDER BY seq LIMIT $3`,
}

const downwardsQuery = {
  name: 'gateway-chat-publications-reverse',
  text: `
    SELECT seq, actor_id, publication FROM conversation_publications
     WHERE conversation_id = $1 AND seq < coalesce($2::bigint, ${Number.MAX_SAFE_INTEGER})
     ORDER BY seq DESC LIMIT $3`,
}

const olderQuery = {
  name: 'gateway-messages-before',
  text: `
    SELECT m.seq, ${viewFor('$2')} AS view
      FROM messages m JOIN conversations c ON c.conversation_id = $1
     WHERE m.conversation_id = $1 AND m.seq < coalesce($3::bigint, ${Number.MAX_SAFE_INTEGER})
       AND ${isShownTo('$2')}
     ORDER BY m.seq DESC LIMIT $4`,
}

const newerQuery = {
  name: 'gateway-messages-after',
  text: `
    SELECT m.seq, ${viewFor('$2')} AS view
      FROM messages m JOIN conversations c ON c.conversation_id = $1
     WHERE m.conversation_id = $1 AND m.seq > $3::bigint AND ${isShownTo('$2')}
     ORDER BY m.seq LIMIT $4`,
}

const versionsQuery = {
  name: 'gateway-message-versions',
  text: `
    SELECT view ->> 'text' AS text, from_ms AS "from", to_ms AS "to" FROM message_versions
     WHERE conversation_id = $1 AND message_id = $2
     ORDER BY from_ms, to_ms`,
}

const deletedForSelfQuery = {
  name: 'gateway-deleted-for-self',
  text: `
    SELECT message_id FROM message_hides
     WHERE conversation_id = $1 AND user_id = $2 AND message_id = ANY ($3::uuid[])`,
}

const attachmentQuery = {
  name: 'gateway-attachment',
  text: `
    SELECT a.conversation_id AS "conversationId", a.attachment_id AS "attachmentId",
           a.file_name AS "fileName", a.content_type AS "contentType", a.bytes
      FROM attachments a
      JOIN messages m ON m.conversation_id = a.conversation_id AND m.message_id = a.message_id
     WHERE a.attachment_id = $1 AND a.state = 'ready' AND m.state = 'visible'`,
}

type MessageReads = Pick<
  ChatBook,
  'publications' | 'messages' | 'versions' | 'deletedForSelf' | 'attachment'
>

export function createMessageReads(pool: Pool): MessageReads {
  return {
    publications: (conversationId, range) => loadPublications(pool, conversationId, range),
    messages: (userId, page) => loadMessages(pool, userId, page),
    versions: (conversationId, messageId) => loadVersions(pool, conversationId, messageId),
    deletedForSelf: (conversationId, userId, messageIds) =>
      loadDeletedForSelf(pool, conversationId, userId, messageIds),
    attachment: (attachmentId) => loadAttachment(pool, attachmentId),
  }
}

interface PublicationRow {
  readonly seq: number
  readonly actor_id: string
  readonly publication: ChatPublication
}

async function loadPublications(
  pool: Pool,
  conversationId: string,
  { from, limit, reverse }: StreamRange,
): Promise<readonly StoredChatEvent[]> {
  const { rows } = await pool.query<PublicationRow>({
    ...(reverse ? downwardsQuery : upwardsQuery),
    values: [conversationId, from ?? null, limit],
  })
  return rows.map(({ seq, actor_id: actorId, publication }) => ({ seq, actorId, publication }))
}

async function loadMessages(
  pool: Pool,
  userId: string,
  { conversationId, before, after, limit }: MessageHistory,
): Promise<MessagePage> {
  const { rows } = await pool.query<{ readonly seq: number; readonly view: MessageView }>({
    ...(after === undefined ? olderQuery : newerQuery),
    values: [conversationId, userId, after ?? before ?? null, limit + 1],
  })
  return pageOf(
    rows,
    limit,
    ({ view }) => view,
    ({ seq }) => seq,
  )
}

async function loadVersions(
  pool: Pool,
  conversationId: string,
  messageId: string,
): Promise<readonly MessageVersion[]> {
  const values = [conversationId, messageId]
  const { rows } = await pool.query<MessageVersion>({ ...versionsQuery, values })
  return rows
}

async function loadDeletedForSelf(
  pool: Pool,
  conversationId: string,
  userId: string,
  messageIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const values = [conversationId, userId, messageIds]
  const { rows } = await pool.query<{ readonly message_id: string }>({
    ...deletedForSelfQuery,
    values,
  })
  return new Set(rows.map(({ message_id }) => message_id))
}

async function loadAttachment(
  pool: Pool,
  attachmentId: string,
): Promise<(AttachmentView & { readonly conversationId: string }) | undefined> {
  const { rows } = await pool.query<AttachmentView & { readonly conversationId: string }>({
    ...attachmentQuery,
    values: [attachmentId],
  })
  return rows[0]
}
