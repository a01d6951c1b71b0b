// Stands in for a chat store: writes commits as the notifier sees them.
import { randomUUID } from 'node:crypto'
import { type Pool, type PoolClient, transaction } from '../../platform/postgres/pool.ts'
import type { ConversationKind, MessageView } from '../../protocol/chat.ts'
import type { ConversationEntry } from '../core/conversation-commit.ts'

export interface ConversationOptions {
  readonly kind?: ConversationKind
  readonly buyerId?: string
  readonly sellerId?: string
}

/** One conversation's log, of ann who buys and sam who sells unless others are named. */
export class ConversationLog {
  readonly conversationId = randomUUID()
  readonly #pool: Pool
  readonly #options: Required<ConversationOptions>

  constructor(pool: Pool, options: ConversationOptions = {}) {
    this.#pool = pool
    this.#options = { kind: 'direct', buyerId: 'ann', sellerId: 'sam', ...options }
  }

  async open(): Promise<this> {
    const { kind, buyerId, sellerId } = this.#options
    await this.#pool.query(
      `INSERT INTO conversations (conversation_id, kind, subject_type, subject_id, buyer_id, seller_id,
                                  created_at_ms, version, batch_id, last_seq, last_message_at_ms)
       VALUES ($1, $2, 'listing', 'lamp-7', $3, $4, 1000, 1, gen_random_uuid(), 0, 1000)`,
      [this.conversationId, kind, buyerId, sellerId],
    )
    await this.#pool.query(
      `INSERT INTO conversation_members (conversation_id, user_id, role, joined_seq, delivered_seq, read_seq,
                                         told_delivered_seq, told_read_seq, told_at_ms)
       VALUES ($1, $2, 'buyer', 0, 0, 0, 0, 0, 0), ($1, $3, 'seller', 0, 0, 0, 0, 0, 0)`,
      [this.conversationId, buyerId, sellerId],
    )
    return this
  }

  async mute(userId: string, untilMs: number): Promise<void> {
    await this.#pool.query(
      `UPDATE conversation_members SET muted_until_ms = $3 WHERE conversation_id = $1 AND user_id = $2`,
      [this.conversationId, userId, untilMs],
    )
  }

  /** One commit with these events, which waits in the outbox afterwards. Returns the outbox's id. */
  async commit(entries: readonly ConversationEntry[]): Promise<number> {
    return transaction(this.#pool, async (client) => {
      for (const entry of entries) await this.#write(client, entry)
      return this.#announce(client, entries[0]?.seq ?? 1, entries.at(-1)?.seq ?? 1)
    })
  }

  /** An entry of the outbox alone, as if the log behind it had been lost. */
  async commitWithoutLog(fromSeq: number, toSeq: number): Promise<number> {
    return this.#announce(this.#pool, fromSeq, toSeq)
  }

  async #announce(
    client: Pick<PoolClient, 'query'>,
    fromSeq: number,
    toSeq: number,
  ): Promise<number> {
    const { rows } = await client.query<{ id: number }>(
      `INSERT INTO outbox (source, aggregate_id, epoch, from_seq, to_seq, created_at_ms)
       VALUES ('conversation', $1, 0, $2, $3, 1000) RETURNING id`,
      [this.conversationId, fromSeq, toSeq],
    )
    return rows[0]?.id ?? 0
  }

  /** The event, and the message as it is from now on; what it was before becomes a version. */
  async #write(client: PoolClient, entry: ConversationEntry): Promise<void> {
    const { seq, atMs, type, actorId, message } = entry
    await client.query(
      `INSERT INTO conversation_events (conversation_id, seq, at_ms, type, actor_id, message_id, detail)
       VALUES ($1, $2, $3, $4, $5, $6, '{}')`,
      [this.conversationId, seq, atMs, type, actorId, message?.messageId ?? null],
    )
    if (message !== undefined) await this.#project(client, message, atMs)
    await client.query(
      `UPDATE conversations
          SET last_seq = $2, last_message_seq = greatest(last_message_seq, $3::bigint)
        WHERE conversation_id = $1`,
      [this.conversationId, seq, message?.seq ?? 0],
    )
  }

  async #project(client: PoolClient, message: MessageView, atMs: number): Promise<void> {
    const { messageId, seq, senderId, kind, at, deleted } = message
    const view = { ...message, conversationId: this.conversationId }
    await client.query(
      `INSERT INTO message_versions (conversation_id, message_id, from_ms, to_ms, actor_id, view)
       SELECT conversation_id, message_id, at_ms, $3, sender_id, view FROM messages
        WHERE conversation_id = $1 AND message_id = $2`,
      [this.conversationId, messageId, atMs],
    )
    await client.query(
      `INSERT INTO messages (conversation_id, message_id, seq, sender_id, kind, at_ms, state, view)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (conversation_id, message_id)
           DO UPDATE SET state = excluded.state, view = excluded.view`,
      [
        this.conversationId,
        messageId,
        seq,
        senderId,
        kind,
        at,
        deleted === true ? 'deleted' : 'visible',
        JSON.stringify(view),
      ],
    )
  }
}
