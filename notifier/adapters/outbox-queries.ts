// The statements by which the notifier takes commits from the outbox.
import type { PoolClient } from 'pg'
import type { Source } from '../core/notice.ts'

/** A commit that waits in the outbox. */
export interface OutboxRow {
  readonly outboxId: number
  readonly source: Source
  /** The lot or the conversation; no two have the same id. */
  readonly aggregateId: string
  readonly fromSeq: number
  readonly toSeq: number
  readonly createdAtMs: number
}

/** Locks the oldest commits which nobody was told of and no other notifier holds. */
export async function lockWaiting(client: PoolClient, rowsMax: number): Promise<OutboxRow[]> {
  const { rows } = await client.query<OutboxRow>({
    name: 'notifier-lock-waiting',
    text: `
      SELECT id AS "outboxId", source, aggregate_id AS "aggregateId",
             from_seq AS "fromSeq", to_seq AS "toSeq", created_at_ms AS "createdAtMs"
        FROM outbox
       WHERE NOT notified
       ORDER BY id LIMIT $1
         FOR UPDATE SKIP LOCKED`,
    values: [rowsMax],
  })
  return rows
}

/**
 * The lots and conversations of commits which wait, are older than `beforeId`, and are not among
 * `heldIds`: others hold those commits. What is committed meanwhile shows, so whatever is not among them
 * has no older commit.
 */
export async function heldByOthers(
  client: PoolClient,
  heldIds: readonly number[],
  beforeId: number,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ aggregate_id: string; oldest: number }>({
    name: 'notifier-held-by-others',
    text: `
      SELECT aggregate_id, min(id) AS oldest FROM outbox
       WHERE NOT notified AND id < $2 AND id <> ALL ($1::bigint[])
       GROUP BY aggregate_id`,
    values: [heldIds, beforeId],
  })
  return new Map(rows.map(({ aggregate_id, oldest }) => [aggregate_id, oldest]))
}

/** Whether any commit waits, held by others or not. */
export async function isAnyWaiting(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ waiting: boolean }>({
    name: 'notifier-is-any-waiting',
    text: 'SELECT EXISTS (SELECT FROM outbox WHERE NOT notified) AS waiting',
  })
  return rows[0]?.waiting ?? false
}

/** Marks commits as told. */
export async function markTold(client: PoolClient, ids: readonly number[]): Promise<void> {
  await client.query({
    name: 'notifier-mark-told',
    text: 'UPDATE outbox SET notified = true WHERE id = ANY ($1::bigint[])',
    values: [ids],
  })
}

/** Commits as the parameters of a statement that looks each of them up in its log: id, aggregate, seqs. */
export function commitColumns(rows: readonly OutboxRow[]): unknown[] {
  return [
    rows.map(({ outboxId }) => outboxId),
    rows.map(({ aggregateId }) => aggregateId),
    rows.map(({ fromSeq }) => fromSeq),
    rows.map(({ toSeq }) => toSeq),
  ]
}
