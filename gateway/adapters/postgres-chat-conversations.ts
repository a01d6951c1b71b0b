// Conversations as PostgreSQL has them committed. A query is one snapshot: a state and the messages beside
// it belong together.
import type { Pool } from '../../platform/postgres/pool.ts'
import type {
  ConversationKind,
  ConversationPage,
  ConversationView,
  MessageView,
} from '../../protocol/chat.ts'
import type { ListConversations } from '../../protocol/chat-requests.ts'
import { snapshotMessagesMax } from '../limits.ts'
import type { ChatBook, ConversationCard, ConversationRecord } from '../ports/chat-book.ts'
import {
  type ConversationRow,
  conversationColumns,
  conversationJoins,
  hidingReadMarks,
  type OwnRow,
  ownColumns,
  ownJoins,
  ownView,
  sharedView,
} from './chat-book-rows.ts'
import { gathered } from './gather.ts'
import { pageOf } from './keyset-page.ts'
import { readCursor, writeCursor } from './page-cursor.ts'

const cardsQuery = {
  name: 'gateway-conversation-cards',
  text: `
    SELECT c.conversation_id, c.kind, c.subject_type, c.subject_id, c.seller_id, c.last_seq,
           people.member_ids
      FROM conversations c
      LEFT JOIN LATERAL (
        SELECT array_agg(p.user_id ORDER BY p.role, p.user_id) AS member_ids
          FROM conversation_members p
         WHERE c.kind <> 'room' AND p.conversation_id = c.conversation_id) people ON true
     WHERE c.conversation_id = ANY ($1::uuid[])`,
}

const recordsQuery = {
  name: 'gateway-conversation-records',
  text: `
    SELECT ${conversationColumns}, last.view AS last_message, recent.messages
      FROM conversations c ${conversationJoins}
      LEFT JOIN messages last
        ON last.conversation_id = c.conversation_id AND last.message_id = c.last_message_id
     CROSS JOIN LATERAL (
       SELECT coalesce(json_agg(newest.view ORDER BY newest.seq), '[]') AS messages
         FROM (SELECT m.seq, m.view FROM messages m
                WHERE m.conversation_id = c.conversation_id AND m.seq IS NOT NULL
                ORDER BY m.seq DESC
                LIMIT ${snapshotMessagesMax}) newest) recent
     WHERE c.conversation_id = ANY ($1::uuid[])`,
}

const conversationQuery = {
  name: 'gateway-conversation',
  text: `
    SELECT ${conversationColumns}, ${ownColumns}
      FROM conversations c
      LEFT JOIN conversation_members me
        ON me.conversation_id = c.conversation_id AND me.user_id = $2 ${conversationJoins}
             ${ownJoins('$2')}
     WHERE c.conversation_id = $1 AND (c.kind = 'room' OR me.user_id IS NOT NULL)`,
}

// The page is found first, by what it is sorted by; only its rows are looked up in full. Where nothing was
// said yet, opening a conversation is all that its other side did: whom one has blocked gets not even that.
const inboxQuery = {
  name: 'gateway-inbox',
  text: `
    SELECT ${conversationColumns}, ${ownColumns}, c.last_message_at_ms
      FROM (SELECT m.* FROM conversation_members m
              JOIN conversations c ON c.conversation_id = m.conversation_id
             WHERE m.user_id = $1 AND m.archived = $2 AND c.kind <> 'room'
               AND (c.last_message_id IS NOT NULL OR NOT EXISTS (
                      SELECT FROM blocks b
                       WHERE b.blocker_id = m.user_id AND b.blocked_id IN (c.buyer_id, c.seller_id)))
               AND ($3::boolean IS NULL
                    OR (m.pinned, c.last_message_at_ms, c.conversation_id) < ($3, $4::bigint, $5::uuid))
             ORDER BY m.pinned DESC, c.last_message_at_ms DESC, c.conversation_id DESC
             LIMIT $6) me
      JOIN conversations c ON c.conversation_id = me.conversation_id ${conversationJoins}
             ${ownJoins('$1')}
     ORDER BY me.pinned DESC, c.last_message_at_ms DESC, c.conversation_id DESC`,
}

const haveMetQuery = {
  name: 'gateway-have-met',
  text: `
    SELECT EXISTS (
      SELECT FROM conversation_members a
        JOIN conversation_members b ON b.conversation_id = a.conversation_id AND b.user_id = $2
        JOIN conversations c ON c.conversation_id = a.conversation_id AND c.kind <> 'room'
       WHERE a.user_id = $1) AS met`,
}

type ConversationReads = Pick<
  ChatBook,
  'card' | 'record' | 'conversation' | 'conversations' | 'haveMet'
>

export function createConversationReads(pool: Pool): ConversationReads {
  return {
    card: gathered((ids) => loadCards(pool, ids)),
    record: gathered((ids) => loadRecords(pool, ids)),
    conversation: (conversationId, userId) => loadConversation(pool, conversationId, userId),
    conversations: (userId, page) => loadInbox(pool, userId, page),
    haveMet: (userId, otherId) => loadHaveMet(pool, userId, otherId),
  }
}

interface CardRow {
  readonly conversation_id: string
  readonly kind: ConversationKind
  readonly subject_type: string
  readonly subject_id: string
  readonly seller_id: string | null
  readonly last_seq: number
  readonly member_ids: readonly string[] | null
}

async function loadCards(
  pool: Pool,
  conversationIds: readonly string[],
): Promise<ReadonlyMap<string, ConversationCard>> {
  const { rows } = await pool.query<CardRow>({ ...cardsQuery, values: [conversationIds] })
  return new Map(rows.map((row) => [row.conversation_id, cardOf(row)]))
}

function cardOf(row: CardRow): ConversationCard {
  const { kind, subject_id: subjectId, seller_id: sellerId } = row
  const ofRoom = row.subject_type === 'lot' ? { lotId: subjectId } : { saleId: subjectId }
  return {
    conversationId: row.conversation_id,
    kind,
    ...(kind === 'room' ? ofRoom : {}),
    memberIds: row.member_ids ?? [],
    ...(sellerId === null ? {} : { sellerId }),
    lastSeq: row.last_seq,
  }
}

type RecordRow = ConversationRow & { readonly messages: readonly MessageView[] }

async function loadRecords(
  pool: Pool,
  conversationIds: readonly string[],
): Promise<ReadonlyMap<string, ConversationRecord>> {
  const { rows } = await pool.query<RecordRow>({ ...recordsQuery, values: [conversationIds] })
  return new Map(
    rows.map((row) => [
      row.conversation_id,
      {
        conversation: sharedView(row),
        messages: row.messages,
        hidingReadMarks: hidingReadMarks(row),
      },
    ]),
  )
}

async function loadConversation(
  pool: Pool,
  conversationId: string,
  userId: string,
): Promise<ConversationView | undefined> {
  const values = [conversationId, userId]
  const { rows } = await pool.query<OwnRow>({ ...conversationQuery, values })
  return rows[0] === undefined ? undefined : ownView(rows[0])
}

type InboxRow = OwnRow & { readonly last_message_at_ms: number }

async function loadInbox(
  pool: Pool,
  userId: string,
  { archived, cursor, limit }: ListConversations,
): Promise<ConversationPage | undefined> {
  const after =
    cursor === undefined ? [null, null, null] : readCursor(cursor, ['boolean', 'number', 'uuid'])
  if (after === undefined) return undefined
  const values = [userId, archived, ...after, limit + 1]
  const { rows } = await pool.query<InboxRow>({ ...inboxQuery, values })
  return pageOf(rows, limit, ownView, (last) =>
    writeCursor([last.pinned === true, last.last_message_at_ms, last.conversation_id]),
  )
}

async function loadHaveMet(pool: Pool, userId: string, otherId: string): Promise<boolean> {
  const values = [userId, otherId]
  const { rows } = await pool.query<{ readonly met: boolean }>({ ...haveMetQuery, values })
  return rows[0]?.met === true
}
