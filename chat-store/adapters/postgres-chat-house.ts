// What is kept of users, uploads and rules, in PostgreSQL.
import { type Pool, type PoolClient, transaction } from '../../platform/postgres/pool.ts'
import type { ModerationRule } from '../../protocol/moderation.ts'
import type { Attachment } from '../core/conversation.ts'
import type { ChatHouse } from '../ports/chat-house.ts'

interface AttachmentRow {
  readonly attachment_id: string
  readonly conversation_id: string
  readonly owner_id: string
  readonly file_name: string
  readonly content_type: string
  readonly bytes: number
  readonly state: Attachment['state']
  readonly refusal: NonNullable<Attachment['refusal']> | null
}

export function createPostgresChatHouse(pool: Pool): ChatHouse {
  return { ...users(pool), ...moderation(pool), ...uploads(pool) }
}

type Users = 'block' | 'unblock' | 'setHidesReadMarks' | 'requestErasure'

function users(pool: Pool): Pick<ChatHouse, Users> {
  return {
    block: (blockerId, blockedId, atMs) =>
      transaction(pool, async (client) => {
        const { rowCount } = await client.query(
          `INSERT INTO blocks (blocker_id, blocked_id, at_ms) VALUES ($1, $2, $3)
               ON CONFLICT DO NOTHING`,
          [blockerId, blockedId, atMs],
        )
        return raiseCommonVersions(client, rowCount, blockerId, blockedId)
      }),
    unblock: (blockerId, blockedId) =>
      transaction(pool, async (client) => {
        const { rowCount } = await client.query(
          'DELETE FROM blocks WHERE blocker_id = $1 AND blocked_id = $2',
          [blockerId, blockedId],
        )
        return raiseCommonVersions(client, rowCount, blockerId, blockedId)
      }),
    async setHidesReadMarks(userId, hides) {
      await pool.query(
        `INSERT INTO chat_settings (user_id, hide_read_marks) VALUES ($1, $2)
             ON CONFLICT (user_id) DO UPDATE SET hide_read_marks = excluded.hide_read_marks`,
        [userId, hides],
      )
    },
    async requestErasure(userId, requestedBy, atMs) {
      await pool.query(
        `INSERT INTO erasures (user_id, requested_by, requested_at_ms) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING`,
        [userId, requestedBy, atMs],
      )
    },
  }
}

function moderation(pool: Pool): Pick<ChatHouse, 'silence' | 'rules' | 'setRules'> {
  return {
    silence: ({ userId, conversationId, until, note }, moderatorId, atMs) =>
      transaction(pool, async (client) => {
        if (conversationId === undefined) await silenceEverywhere(client, userId, until)
        else await silenceHere(client, conversationId, userId, until)
        const detail = { until, ...(note === undefined ? {} : { note }) }
        const entry = [atMs, moderatorId, 'silence', conversationId ?? null, userId, detail]
        await client.query(logEntry, entry)
      }),
    async rules() {
      const { rows } = await pool.query<{ rule: ModerationRule }>(
        'SELECT rule FROM moderation_rules ORDER BY position',
      )
      return rows.map(({ rule }) => rule)
    },
    setRules: (rules, moderatorId, atMs) =>
      transaction(pool, async (client) => {
        // Of two who set them at once the one who comes later wins, and the rules of both are never mixed.
        await client.query('LOCK TABLE moderation_rules IN SHARE ROW EXCLUSIVE MODE')
        await client.query('DELETE FROM moderation_rules')
        await client.query(
          `INSERT INTO moderation_rules (position, rule)
           SELECT position, rule
             FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS r (rule, position)`,
          [JSON.stringify(rules)],
        )
        const detail = { rules }
        await client.query(logEntry, [atMs, moderatorId, 'set_rules', null, null, detail])
      }),
  }
}

type Uploads = 'addAttachment' | 'attachments' | 'settleAttachment'

function uploads(pool: Pool): Pick<ChatHouse, Uploads> {
  return {
    async addAttachment(attachment, atMs) {
      const { attachmentId, conversationId, ownerId, fileName, contentType, bytes } = attachment
      await pool.query(
        `INSERT INTO attachments (attachment_id, conversation_id, owner_id, file_name, content_type,
                                  bytes, created_at_ms, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending')`,
        [attachmentId, conversationId, ownerId, fileName, contentType, bytes, atMs],
      )
    },
    async attachments(attachmentIds) {
      const { rows } = await pool.query<AttachmentRow>(
        `SELECT attachment_id, conversation_id, owner_id, file_name, content_type, bytes, state, refusal
           FROM attachments WHERE attachment_id = ANY ($1)`,
        [attachmentIds],
      )
      return rows.map(attachmentFrom)
    },
    async settleAttachment(attachmentId, found) {
      const refusal = found.state === 'refused' ? found.refusal : null
      await pool.query(
        `UPDATE attachments SET state = $2, refusal = $3
          WHERE attachment_id = $1 AND state = 'pending'`,
        [attachmentId, found.state, refusal],
      )
    },
  }
}

/**
 * Where the blocks of the two were changed, whatever was read of their conversations no longer holds. Rows
 * are locked in the order of their ids, as batches do. Returns whether anything was changed.
 */
async function raiseCommonVersions(
  client: PoolClient,
  changed: number | null,
  oneId: string,
  otherId: string,
): Promise<boolean> {
  if (changed === 0) return false
  await client.query(
    `WITH common AS (
       SELECT c.conversation_id
         FROM conversation_members one
         JOIN conversation_members other USING (conversation_id)
         JOIN conversations c USING (conversation_id)
        WHERE one.user_id = $1 AND other.user_id = $2 AND c.kind <> 'room'
        ORDER BY c.conversation_id FOR UPDATE OF c)
     UPDATE conversations c SET version = version + 1
       FROM common WHERE c.conversation_id = common.conversation_id`,
    [oneId, otherId],
  )
  return true
}

/**
 * What was decided upon its word in any conversation no longer holds. Rows are locked as batches do, and the
 * user's settings after them, as an erasure does.
 */
async function silenceEverywhere(
  client: PoolClient,
  userId: string,
  until: number | null,
): Promise<void> {
  await client.query(
    `WITH own AS (
       SELECT c.conversation_id
         FROM conversation_members m JOIN conversations c USING (conversation_id)
        WHERE m.user_id = $1
        ORDER BY c.conversation_id FOR UPDATE OF c)
     UPDATE conversations c SET version = version + 1
       FROM own WHERE c.conversation_id = own.conversation_id`,
    [userId],
  )
  await client.query(
    `INSERT INTO chat_settings (user_id, silenced_until_ms) VALUES ($1, $2)
         ON CONFLICT (user_id) DO UPDATE SET silenced_until_ms = excluded.silenced_until_ms`,
    [userId, until],
  )
}

/** In a room anybody may be silenced, whether it spoke there or not; elsewhere only a member. */
async function silenceHere(
  client: PoolClient,
  conversationId: string,
  userId: string,
  until: number | null,
): Promise<void> {
  await client.query('UPDATE conversations SET version = version + 1 WHERE conversation_id = $1', [
    conversationId,
  ])
  await client.query(
    `INSERT INTO conversation_members
            (conversation_id, user_id, role, joined_seq, delivered_seq, read_seq, told_delivered_seq,
             told_read_seq, told_at_ms, silenced_until_ms)
     SELECT c.conversation_id, $2, 'participant', c.last_seq, c.last_seq, c.last_seq, 0, 0, 0, $3
       FROM conversations c
       LEFT JOIN conversation_members m
         ON m.conversation_id = c.conversation_id AND m.user_id = $2
      WHERE c.conversation_id = $1 AND (c.kind = 'room' OR m.user_id IS NOT NULL)
         ON CONFLICT (conversation_id, user_id)
            DO UPDATE SET silenced_until_ms = excluded.silenced_until_ms`,
    [conversationId, userId, until],
  )
}

const logEntry = `
  INSERT INTO moderation_log (at_ms, moderator_id, action, conversation_id, user_id, detail)
  VALUES ($1, $2, $3, $4, $5, $6)`

function attachmentFrom(row: AttachmentRow): Attachment {
  return {
    attachmentId: row.attachment_id,
    conversationId: row.conversation_id,
    ownerId: row.owner_id,
    fileName: row.file_name,
    contentType: row.content_type,
    bytes: row.bytes,
    state: row.state,
    ...(row.refusal === null ? {} : { refusal: row.refusal }),
  }
}
