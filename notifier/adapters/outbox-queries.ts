// The statements by which the notifier takes commits from the outbox and reads what they wrote.
import type { PoolClient } from 'pg'
import type { LotPublication } from '../../protocol/auction.ts'
import type { LotCommit, LotEntry } from '../core/lot-commit.ts'

/** A commit that waits in the outbox. */
export interface OutboxRow {
  readonly outboxId: number
  readonly lotId: string
  readonly fromSeq: number
  readonly toSeq: number
  readonly createdAtMs: number
}

/** Locks the oldest commits which nobody was told of and no other notifier holds. */
export async function lockWaiting(client: PoolClient, rowsMax: number): Promise<OutboxRow[]> {
  const { rows } = await client.query<OutboxRow>({
    name: 'notifier-lock-waiting',
    text: `
      SELECT id AS "outboxId", aggregate_id AS "lotId", from_seq AS "fromSeq", to_seq AS "toSeq",
             created_at_ms AS "createdAtMs"
        FROM outbox
       WHERE NOT notified AND source = 'lot'
       ORDER BY id LIMIT $1
         FOR UPDATE SKIP LOCKED`,
    values: [rowsMax],
  })
  return rows
}

/**
 * The lots of commits which wait, are older than `beforeId`, and are not among `heldIds`: others hold
 * those commits. What is committed meanwhile shows, so a lot that is not among them has no older commit.
 */
export async function lotsHeldByOthers(
  client: PoolClient,
  heldIds: readonly number[],
  beforeId: number,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<{ lot_id: string; oldest: number }>({
    name: 'notifier-lots-held-by-others',
    text: `
      SELECT aggregate_id AS lot_id, min(id) AS oldest FROM outbox
       WHERE NOT notified AND source = 'lot' AND id < $2 AND id <> ALL ($1::bigint[])
       GROUP BY aggregate_id`,
    values: [heldIds, beforeId],
  })
  return new Map(rows.map(({ lot_id, oldest }) => [lot_id, oldest]))
}

/** Whether any commit waits, held by others or not. */
export async function isAnyWaiting(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ waiting: boolean }>({
    name: 'notifier-is-any-waiting',
    text: `SELECT EXISTS (SELECT FROM outbox WHERE NOT notified AND source = 'lot') AS waiting`,
  })
  return rows[0]?.waiting ?? false
}

interface EventRow {
  readonly outbox_id: number
  readonly seq: number
  readonly at_ms: number
  readonly publication: LotPublication
  readonly private: LotEntry['concerned']
}

/** What the commits wrote, in the order given. */
export async function readCommits(
  client: PoolClient,
  taken: readonly OutboxRow[],
): Promise<LotCommit[]> {
  const events = await readEvents(client, taken)
  const bidders = await readBidders(client, endedLots(taken, events))
  return taken.map((row) => {
    // The event before the commit tells who led before it.
    const [before, ...entries] = precededBy(row, events.get(row.outboxId) ?? [])
    return {
      lotId: row.lotId,
      fromSeq: row.fromSeq,
      toSeq: row.toSeq,
      entries,
      leaderBefore: before?.publication.lot.leader ?? null,
      bidders: bidders.get(row.lotId) ?? [],
    }
  })
}

function precededBy(
  { fromSeq }: OutboxRow,
  entries: readonly LotEntry[],
): readonly [LotEntry | undefined, ...LotEntry[]] {
  const [first, ...others] = entries
  if (first === undefined) return [undefined]
  return first.seq < fromSeq ? [first, ...others] : [undefined, first, ...others]
}

/**
 * LATERAL with a LIMIT makes PostgreSQL look each commit up by its seqs. As a plain join, planned while the
 * log was small, it read a lot's whole log for every pass: a thousand passes read fifteen million rows, and a
 * hot lot's bids slowed to half within three minutes of load.
 */
async function readEvents(
  client: PoolClient,
  taken: readonly OutboxRow[],
): Promise<ReadonlyMap<number, readonly LotEntry[]>> {
  const { rows } = await client.query<EventRow>({
    name: 'notifier-read-events',
    text: `
      SELECT c.outbox_id, e.seq, e.at_ms, e.publication, e.private
        FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[])
               AS c (outbox_id, lot_id, from_seq, to_seq)
       CROSS JOIN LATERAL (
               SELECT p.seq, p.at_ms, p.publication, p.private FROM lot_publications p
                WHERE p.lot_id = c.lot_id AND p.seq BETWEEN c.from_seq - 1 AND c.to_seq
                ORDER BY p.seq LIMIT c.to_seq - c.from_seq + 2) e
       ORDER BY c.outbox_id, e.seq`,
    values: [
      taken.map(({ outboxId }) => outboxId),
      taken.map(({ lotId }) => lotId),
      taken.map(({ fromSeq }) => fromSeq),
      taken.map(({ toSeq }) => toSeq),
    ],
  })
  const events = new Map<number, LotEntry[]>()
  for (const { outbox_id, seq, at_ms, publication, private: concerned } of rows) {
    const entry = { seq, atMs: at_ms, publication, concerned }
    const entries = events.get(outbox_id)
    if (entries === undefined) events.set(outbox_id, [entry])
    else entries.push(entry)
  }
  return events
}

function endedLots(
  taken: readonly OutboxRow[],
  events: ReadonlyMap<number, readonly LotEntry[]>,
): string[] {
  return taken
    .filter(({ outboxId }) => events.get(outboxId)?.at(-1)?.publication.lot.result !== undefined)
    .map(({ lotId }) => lotId)
}

/** Nobody bids after the end, so the standings are those that the lot ended with. */
async function readBidders(
  client: PoolClient,
  lotIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (lotIds.length === 0) return new Map()
  const { rows } = await client.query<{ lot_id: string; bidders: string[] }>({
    name: 'notifier-read-bidders',
    text: `
      SELECT lot_id, array_agg(bidder_id ORDER BY alias_no) AS bidders FROM lot_standings
       WHERE lot_id = ANY ($1::uuid[])
       GROUP BY lot_id`,
    values: [lotIds],
  })
  return new Map(rows.map(({ lot_id, bidders }) => [lot_id, bidders]))
}

/** Marks commits as told. */
export async function markTold(client: PoolClient, ids: readonly number[]): Promise<void> {
  await client.query({
    name: 'notifier-mark-told',
    text: 'UPDATE outbox SET notified = true WHERE id = ANY ($1::bigint[])',
    values: [ids],
  })
}
