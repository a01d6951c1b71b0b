// The ways of making a message durable that are compared. Each is given conversations that nobody has
// used before, and says afterwards what is stored of them.
import type { Pool } from '../../platform/postgres/pool.ts'

export interface Way {
  /** As in the report. */
  readonly name: string
  readonly says: string
  /** How many send at the same time, each the next message when the one before is answered. */
  readonly senders: number
  /** Makes the conversations, and what is needed to send to them. */
  begin(conversationIds: readonly string[]): Promise<Sending>
}

export interface Sending {
  /** Resolves when the message is durable. @throws where it was not taken. */
  send(sender: number): Promise<void>
  /** How many messages are stored, and whether their places have neither gap nor double. */
  audit(): Promise<Audit>
  end(): Promise<void>
}

export interface Audit {
  readonly stored: number
  readonly isWhole: boolean
}

/** Sender n speaks in conversation n, modulo their number. */
export function conversationOf(sender: number, conversationIds: readonly string[]): string {
  const conversationId = conversationIds[sender % conversationIds.length]
  if (conversationId === undefined) throw new RangeError('there is no conversation to speak in')
  return conversationId
}

/** Counts the messages of conversations in a table that has a `seq` for each. */
export async function auditTable(
  pool: Pool,
  table: 'messages' | 'plain_messages',
  conversationIds: readonly string[],
): Promise<Audit> {
  const { rows } = await pool.query<{ stored: number; whole: boolean | null }>(
    `SELECT sum(n)::bigint AS stored, bool_and(n = places AND n = last) AS whole
       FROM (SELECT count(*) AS n, count(DISTINCT seq) AS places, max(seq) AS last
               FROM ${table} WHERE conversation_id = ANY ($1) GROUP BY conversation_id) AS each`,
    [conversationIds],
  )
  return { stored: rows[0]?.stored ?? 0, isWhole: rows[0]?.whole ?? true }
}
