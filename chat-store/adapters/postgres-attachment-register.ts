// Attachments in PostgreSQL, beyond what batches read and write of them.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { AttachmentRegister } from '../ports/attachment-register.ts'

export function createPostgresAttachmentRegister(pool: Pool): AttachmentRegister {
  const ids = async (text: string, values: readonly unknown[]): Promise<readonly string[]> => {
    const { rows } = await pool.query<{ attachment_id: string }>(text, [...values])
    return rows.map(({ attachment_id }) => attachment_id)
  }
  return {
    async mayAttach(conversationId, userId) {
      const { rowCount } = await pool.query(mayAttach, [conversationId, userId])
      return rowCount === 1
    },
    giveUp: async (beforeMs, nowMs, limit) => (await ids(giveUp, [beforeMs, nowMs, limit])).length,
    gone: (beforeMs, limit) => ids(gone, [beforeMs, limit]),
    async forget(attachmentIds) {
      await pool.query('DELETE FROM attachments WHERE attachment_id = ANY ($1)', [attachmentIds])
    },
  }
}

const mayAttach = `
  SELECT FROM conversations c
   WHERE c.conversation_id = $1
     AND (c.kind = 'room'
          OR EXISTS (SELECT FROM conversation_members m
                      WHERE m.conversation_id = c.conversation_id AND m.user_id = $2))`

const giveUp = `
  UPDATE attachments SET gone_at_ms = $2
   WHERE attachment_id IN (SELECT attachment_id FROM attachments
                            WHERE message_id IS NULL AND gone_at_ms IS NULL AND created_at_ms < $1
                            ORDER BY created_at_ms LIMIT $3 FOR UPDATE SKIP LOCKED)
  RETURNING attachment_id`

/** What a message came to hold after all, sent as it was given up, stays until that message is deleted. */
const gone = `
  SELECT a.attachment_id FROM attachments a
   WHERE a.gone_at_ms < $1
     AND NOT EXISTS (SELECT FROM messages m
                      WHERE m.conversation_id = a.conversation_id AND m.message_id = a.message_id
                        AND m.state <> 'deleted')
     AND NOT EXISTS (SELECT FROM conversations c
                      WHERE c.conversation_id = a.conversation_id AND c.legal_hold)
   ORDER BY a.gone_at_ms LIMIT $2`
