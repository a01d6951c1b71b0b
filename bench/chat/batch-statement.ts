// The database alone: batches of messages, written by one prepared statement each, on tables that hold no more than
// one would write. Nobody checks anything, nobody is answered, nothing waits for anything but the commit.
import { uuidv7 } from '../../platform/ids.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import { closedLoop } from '../closed-loop.ts'
import { ordinaryText } from '../givens.ts'
import { makePlainTables } from './one-by-one.ts'
import { auditTable } from './ways.ts'

/** At more of them the statements get in each other's way, on two cores. */
export const statementsAtOnce = 2
export const batchSize = 256

const write = {
  name: 'plain_batch',
  text: `
    WITH said AS (
      SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[]) WITH ORDINALITY
               AS s (conversation_id, sender_id, client_message_id, text, place)
    ), moved AS (
      UPDATE plain_conversations c SET last_seq = c.last_seq + n.messages
        FROM (SELECT conversation_id, count(*) AS messages FROM said GROUP BY conversation_id) AS n
       WHERE c.conversation_id = n.conversation_id
      RETURNING c.conversation_id, c.last_seq - n.messages AS before
    )
    INSERT INTO plain_messages (conversation_id, seq, sender_id, client_message_id, text)
    SELECT s.conversation_id,
           m.before + row_number() OVER (PARTITION BY s.conversation_id ORDER BY s.place),
           s.sender_id, s.client_message_id, s.text
      FROM said s JOIN moved m USING (conversation_id)`,
}

export class BatchStatement {
  readonly #pool: Pool
  /** Of each statement its own: two that lock the same rows in another order would wait for each other. */
  readonly #conversationIds: readonly (readonly string[])[]
  #written = 0

  private constructor(pool: Pool, conversations: number) {
    this.#pool = pool
    const each = Math.max(1, Math.floor(conversations / statementsAtOnce))
    this.#conversationIds = Array.from({ length: statementsAtOnce }, () =>
      Array.from({ length: each }, uuidv7),
    )
  }

  static async prepare(pool: Pool, conversations: number): Promise<BatchStatement> {
    const made = new BatchStatement(pool, conversations)
    await makePlainTables(pool)
    await pool.query('INSERT INTO plain_conversations SELECT unnest($1::uuid[])', [
      made.#conversationIds.flat(),
    ])
    return made
  }

  /** Resolves with all messages that were written, and with the rate and the times of those that are counted. */
  async run(warmUpMs: number, measureMs: number) {
    const { sent, perSecond, medianMs, p99Ms } = await closedLoop({
      senders: statementsAtOnce,
      warmUpMs,
      measureMs,
      send: async (nth) => {
        await this.#pool.query({ ...write, values: this.#batch(nth) })
        this.#written += batchSize
      },
    })
    return { messages: sent * batchSize, perSecond: perSecond * batchSize, medianMs, p99Ms }
  }

  /** @throws where another number of messages is stored, or one has no place of its own */
  async audit(): Promise<void> {
    const ids = this.#conversationIds.flat()
    const { stored, isWhole } = await auditTable(this.#pool, 'plain_messages', ids)
    if (stored === this.#written && isWhole) return
    throw new Error(`batch statement: ${this.#written} messages were written, ${stored} are stored`)
  }

  #batch(nth: number): unknown[] {
    const ids = this.#conversationIds[nth] ?? []
    const places = Array.from({ length: batchSize }, (_, place) => place)
    return [
      places.map((place) => ids[place % ids.length]),
      places.map((place) => `sender-${place}`),
      places.map(uuidv7),
      places.map(() => ordinaryText),
    ]
  }
}
