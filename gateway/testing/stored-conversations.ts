// Conversations in the chat store's tables, for the tests of what reads those.
import type { Pool } from '../../platform/postgres/pool.ts'
import type {
  ChatEventType,
  ConversationKind,
  MessageView,
  SubjectType,
} from '../../protocol/chat.ts'
import { messageView } from './conversations.ts'
import { noonMs } from './people.ts'

/** A version 7 UUID of so many milliseconds after noon. */
export function idAt(afterNoonMs: number, suffix = 0): string {
  const time = (noonMs + afterNoonMs).toString(16).padStart(12, '0')
  const tail = suffix.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${tail}`
}

export interface ConversationToStore {
  readonly conversationId: string
  readonly kind?: ConversationKind
  readonly subject?: readonly [SubjectType, string]
  readonly buyerId?: string
  readonly sellerId?: string
  readonly lastMessageAtMs?: number
  readonly slowModeMs?: number
}

/** Without messages; with its two members where it is no room. */
export async function storeConversation(
  pool: Pool,
  conversation: ConversationToStore,
): Promise<void> {
  const { conversationId, kind = 'direct', buyerId, sellerId } = conversation
  const [subjectType, subjectId] = conversation.subject ?? ['listing', 'palm-pilot']
  await pool.query(
    `INSERT INTO conversations (conversation_id, kind, subject_type, subject_id, buyer_id, seller_id,
       created_at_ms, version, batch_id, last_seq, last_message_at_ms, slow_mode_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $1, 0, $8, $9)`,
    [
      conversationId,
      kind,
      subjectType,
      subjectId,
      buyerId ?? null,
      sellerId ?? null,
      noonMs,
      conversation.lastMessageAtMs ?? noonMs,
      conversation.slowModeMs ?? 0,
    ],
  )
  if (kind === 'room') return
  if (buyerId !== undefined) await storeMember(pool, conversationId, buyerId, 'buyer')
  if (sellerId !== undefined) await storeMember(pool, conversationId, sellerId, 'seller')
}

export async function storeMember(
  pool: Pool,
  conversationId: string,
  userId: string,
  role: 'buyer' | 'seller' | 'participant',
): Promise<void> {
  await pool.query(
    `INSERT INTO conversation_members (conversation_id, user_id, role, joined_seq, delivered_seq,
       read_seq, told_delivered_seq, told_read_seq, told_at_ms)
     VALUES ($1, $2, $3, 0, 0, 0, 0, 0, 0)`,
    [conversationId, userId, role],
  )
}

/** Columns of a member, as they shall be from now on. */
export async function updateMember(
  pool: Pool,
  conversationId: string,
  userId: string,
  columns: Readonly<Record<string, unknown>>,
): Promise<void> {
  const names = Object.keys(columns)
  await pool.query(
    `UPDATE conversation_members SET ${names.map((name, at) => `${name} = $${at + 3}`).join(', ')}
      WHERE conversation_id = $1 AND user_id = $2`,
    [conversationId, userId, ...Object.values(columns)],
  )
}

/** A message and its event, as the last of its conversation; one that is held has neither place nor event. */
export async function storeMessage(
  pool: Pool,
  fields: Partial<MessageView> & Pick<MessageView, 'conversationId' | 'seq'>,
  state: 'visible' | 'held' | 'deleted' = 'visible',
): Promise<MessageView> {
  const at = fields.at ?? noonMs + fields.seq
  const messageId = fields.messageId ?? idAt(at - noonMs, fields.seq)
  const view = messageView({ ...fields, at, messageId })
  const { conversationId, seq, senderId, kind } = view
  await pool.query(
    `INSERT INTO messages (conversation_id, message_id, seq, sender_id, kind, at_ms, state, view, search)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, to_tsvector('simple', $8::jsonb ->> 'text'))`,
    [conversationId, messageId, state === 'held' ? null : seq, senderId, kind, at, state, view],
  )
  if (state === 'held') return view
  await storeEvent(pool, conversationId, {
    seq,
    type: 'message_created',
    actorId: senderId,
    messageId,
  })
  await pool.query(
    `UPDATE conversations SET last_message_id = $2, last_message_at_ms = $3, last_message_seq = $4
      WHERE conversation_id = $1`,
    [conversationId, messageId, at, seq],
  )
  return view
}

export interface EventToStore {
  readonly seq: number
  readonly type: ChatEventType
  readonly actorId: string
  readonly messageId?: string
  readonly detail?: object
}

export async function storeEvent(
  pool: Pool,
  conversationId: string,
  { seq, type, actorId, messageId, detail = {} }: EventToStore,
): Promise<void> {
  await pool.query(
    `INSERT INTO conversation_events (conversation_id, seq, at_ms, type, actor_id, message_id, detail)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [conversationId, seq, noonMs + seq, type, actorId, messageId ?? null, detail],
  )
  await pool.query('UPDATE conversations SET last_seq = $2 WHERE conversation_id = $1', [
    conversationId,
    seq,
  ])
}

/** The user has deleted the message for itself. */
export async function storeHide(
  pool: Pool,
  { conversationId, messageId }: Pick<MessageView, 'conversationId' | 'messageId'>,
  userId: string,
): Promise<void> {
  await pool.query('INSERT INTO message_hides VALUES ($1, $2, $3)', [
    conversationId,
    userId,
    messageId,
  ])
}

export async function storeBlock(pool: Pool, blockerId: string, blockedId: string): Promise<void> {
  await pool.query('INSERT INTO blocks VALUES ($1, $2, $3)', [blockerId, blockedId, noonMs])
}
