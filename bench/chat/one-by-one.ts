// What one would write first: a transaction for each message, on tables that hold no more than such a
// design needs. It stores less than the chat store does (no log of events, no outbox, no search), so the
// comparison is to its advantage.
import { uuidv7 } from '../../platform/ids.ts'
import { type Pool, transaction } from '../../platform/postgres/pool.ts'
import { ordinaryText } from '../givens.ts'
import { auditTable, conversationOf, type Way } from './ways.ts'

const tables = `
  CREATE TABLE IF NOT EXISTS plain_conversations (
    conversation_id uuid PRIMARY KEY,
    last_seq        bigint NOT NULL DEFAULT 0
  );
  CREATE TABLE IF NOT EXISTS plain_messages (
    conversation_id   uuid NOT NULL,
    seq               bigint NOT NULL,
    sender_id         text NOT NULL,
    client_message_id uuid NOT NULL,
    text              text NOT NULL,
    at                timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (conversation_id, seq),
    UNIQUE (conversation_id, sender_id, client_message_id)
  )`

export async function makePlainTables(pool: Pool): Promise<void> {
  await pool.query(tables)
}

const lock = {
  name: 'plain_lock',
  text: 'SELECT last_seq FROM plain_conversations WHERE conversation_id = $1 FOR UPDATE',
}
const insert = {
  name: 'plain_insert',
  text: `INSERT INTO plain_messages (conversation_id, seq, sender_id, client_message_id, text)
         VALUES ($1, $2, $3, $4, $5)`,
}
const advance = {
  name: 'plain_advance',
  text: 'UPDATE plain_conversations SET last_seq = $2 WHERE conversation_id = $1',
}

/** BEGIN, SELECT … FOR UPDATE, INSERT, UPDATE, COMMIT; as many at once as the pool has connections. */
export function oneTransactionEach(pool: Pool, clients: number): Way {
  return {
    name: 'one transaction each',
    says: `BEGIN, SELECT … FOR UPDATE, INSERT, UPDATE, COMMIT; ${clients} clients`,
    senders: clients,
    async begin(conversationIds) {
      await makePlainTables(pool)
      await pool.query('INSERT INTO plain_conversations SELECT unnest($1::uuid[])', [
        conversationIds,
      ])
      return {
        send: (sender) =>
          transaction(pool, async (client) => {
            const conversationId = conversationOf(sender, conversationIds)
            const { rows } = await client.query<{ last_seq: number }>({
              ...lock,
              values: [conversationId],
            })
            const seq = (rows[0]?.last_seq ?? 0) + 1
            const values = [conversationId, seq, `sender-${sender}`, uuidv7(), ordinaryText]
            await client.query({ ...insert, values })
            await client.query({ ...advance, values: [conversationId, seq] })
          }),
        audit: () => auditTable(pool, 'plain_messages', conversationIds),
        end: async () => {},
      }
    },
  }
}

/** One INSERT and nothing else: no order, no lock, no projection. What single durable writes cost at least. */
export function oneInsertEach(pool: Pool, clients: number): Way {
  let nth = 0
  return {
    name: 'one INSERT each',
    says: `an autocommitted INSERT without order or lock; ${clients} clients`,
    senders: clients,
    async begin(conversationIds) {
      await makePlainTables(pool)
      const from = nth
      return {
        async send(sender) {
          nth += 1
          const conversationId = conversationOf(sender, conversationIds)
          const values = [conversationId, nth - from, `sender-${sender}`, uuidv7(), ordinaryText]
          await pool.query({ ...insert, values })
        },
        async audit() {
          const { stored } = await auditTable(pool, 'plain_messages', conversationIds)
          return { stored, isWhole: true }
        },
        end: async () => {},
      }
    },
  }
}
