// The statements by which the notifier takes commits from the outbox, and what it takes together.
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

/** Commits that follow each other in one log, and are told as one. */
export interface OutboxStretch {
  readonly source: Source
  readonly aggregateId: string
  readonly fromSeq: number
  readonly toSeq: number
  readonly rows: readonly OutboxRow[]
}

/** The first key of the advisory locks by which a notifier holds lots and conversations. */
const holds = 0x6f757462

/**
 * Holds, to the end of the transaction, the lots and conversations of the oldest commits which nobody was told
 * of, but for those that `resting` names. Returns which there are, and which of them nobody else holds.
 *
 * What is held is the log and not its rows: whoever holds it has all its commits to itself, so they are told in
 * order without a look at what others hold, and no row is locked while its commit is told. With locked rows
 * whoever marks them as published waited for the teller, 33 ms on average in a storm.
 */
export async function holdWaiting(
  client: PoolClient,
  rowsMax: number,
  resting: readonly string[],
): Promise<readonly { readonly aggregateId: string; readonly isHeld: boolean }[]> {
  const { rows } = await client.query<{ aggregateId: string; isHeld: boolean }>({
    name: 'notifier-hold-waiting',
    text: `
      WITH waiting AS MATERIALIZED (
        SELECT aggregate_id FROM outbox
         WHERE NOT notified AND aggregate_id <> ALL ($2::uuid[])
         ORDER BY id LIMIT $1
      )
      SELECT aggregate_id AS "aggregateId",
             pg_try_advisory_xact_lock(${holds}, hashtext(aggregate_id::text)) AS "isHeld"
        FROM waiting GROUP BY aggregate_id`,
    values: [rowsMax, resting],
  })
  return rows
}

/**
 * The oldest commits which nobody was told of of these lots and conversations, in the order in which each log
 * has them, since each row was made under its log's lock. Asked after they are held, by a statement of its own,
 * which sees what whoever held them before has marked.
 */
export async function readWaiting(
  client: PoolClient,
  rowsMax: number,
  aggregateIds: readonly string[],
): Promise<OutboxRow[]> {
  const { rows } = await client.query<OutboxRow>({
    name: 'notifier-read-waiting',
    text: `
      SELECT id AS "outboxId", source, aggregate_id AS "aggregateId",
             from_seq AS "fromSeq", to_seq AS "toSeq", created_at_ms AS "createdAtMs"
        FROM outbox
       WHERE NOT notified AND aggregate_id = ANY ($2::uuid[])
       ORDER BY id LIMIT $1`,
    values: [rowsMax, aggregateIds],
  })
  return rows
}

/**
 * Notes commits as told, the last thing before they are: who marks them as published waits no longer than for
 * a COMMIT, and in the same order, so that neither waits for the other for ever. What was published before is done
 * with and goes at once; that is most of a storm, and to mark it for who tidies up cost PostgreSQL 5 % of a telling.
 * @throws where another told some of them, which one does that does not hold logs.
 */
export async function markTold(client: PoolClient, ids: readonly number[]): Promise<void> {
  const { rows } = await client.query<{ told: number }>({
    name: 'notifier-mark-told',
    text: `
      WITH told AS MATERIALIZED (
        SELECT id, published FROM outbox WHERE id = ANY ($1::bigint[]) AND NOT notified ORDER BY id FOR UPDATE
      ), done AS (
        DELETE FROM outbox WHERE id IN (SELECT id FROM told WHERE published)
      ), marked AS (
        UPDATE outbox SET notified = true WHERE id IN (SELECT id FROM told WHERE NOT published)
      )
      SELECT count(*) AS told FROM told`,
    values: [ids],
  })
  if (rows[0]?.told !== ids.length)
    throw new Error('another notifier has told some of these commits')
}

/** Joins the commits to one lot that follow each other; those to a conversation stay apart. */
export function stretchesOf(rows: readonly OutboxRow[]): OutboxStretch[] {
  const stretches: OutboxStretch[] = []
  const newestOfLot = new Map<string, number>()
  for (const row of rows) {
    const { source, aggregateId, fromSeq, toSeq } = row
    const at = newestOfLot.get(aggregateId)
    const newest = at === undefined ? undefined : stretches[at]
    if (at !== undefined && newest?.toSeq === fromSeq - 1) {
      stretches[at] = { ...newest, toSeq, rows: [...newest.rows, row] }
      continue
    }
    if (source === 'lot') newestOfLot.set(aggregateId, stretches.length)
    stretches.push({ source, aggregateId, fromSeq, toSeq, rows: [row] })
  }
  return stretches
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
