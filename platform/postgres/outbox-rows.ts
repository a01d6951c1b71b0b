// The rows that one service left in the outbox. What is done with them is the same for all services; what a
// row tells is known to the one that left it.
import type { Outbox } from '../outbox-keeper.ts'
import type { Pool } from './pool.ts'

/** An outbox but for the reading of what is to be told. @param source Whose rows they are, as `outbox.source` says it. */
export function outboxRows(pool: Pool, source: string): Omit<Outbox<unknown>, 'unpublished'> {
  return {
    async markPublished(outboxIds) {
      await pool.query({
        name: 'outbox_mark_published',
        text: markPublished,
        values: [outboxIds],
      })
    },
    async oldestUnpublishedMs() {
      const { rows } = await pool.query<{ created_at_ms: number }>({
        name: 'outbox_oldest_unpublished',
        text: `SELECT created_at_ms FROM outbox
                WHERE NOT published AND source = $1 ORDER BY id LIMIT 1`,
        values: [source],
      })
      return rows[0]?.created_at_ms
    },
    async prune(limit) {
      const { rowCount } = await pool.query({
        name: 'outbox_prune',
        text: prune,
        values: [source, limit],
      })
      return rowCount ?? 0
    },
  }
}

// In the order in which the notifier marks them as told, so that neither waits for the other for ever.
const markPublished = `
  UPDATE outbox SET published = true WHERE id IN (
    SELECT id FROM outbox WHERE id = ANY ($1::bigint[]) AND NOT published ORDER BY id FOR NO KEY UPDATE)`

// Skipping what is locked: two of a service may prune at once, and the notifier may be at work on a row.
const prune = `
  DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox WHERE published AND notified AND source = $1
     ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)`
