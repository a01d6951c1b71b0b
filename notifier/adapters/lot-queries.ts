// The statements by which the notifier reads what commits wrote to the logs of lots.
import type { PoolClient } from 'pg'
import type { LotPublication } from '../../protocol/auction.ts'
import type { LotCommit, LotEntry } from '../core/lot-commit.ts'
import { commitColumns, type OutboxRow } from './outbox-queries.ts'

interface EventRow {
  readonly outbox_id: number
  readonly seq: number
  readonly at_ms: number
  readonly publication: LotPublication
  readonly private: LotEntry['concerned']
}

interface EndRow {
  readonly lot_id: string
  readonly seller_id: string
  readonly bidders: readonly string[]
}

/** What the commits wrote, in the order given. */
export async function readLotCommits(
  client: PoolClient,
  taken: readonly OutboxRow[],
): Promise<LotCommit[]> {
  if (taken.length === 0) return []
  const events = await readEvents(client, taken)
  const ends = await readEnds(client, endedLots(taken, events))
  return taken.map((row) => {
    const { outboxId, aggregateId, fromSeq, toSeq } = row
    // The event before the commit tells who led before it.
    const [before, ...entries] = precededBy(row, events.get(outboxId) ?? [])
    const end = ends.get(aggregateId)
    return {
      source: 'lot',
      aggregateId,
      fromSeq,
      toSeq,
      entries,
      leaderBefore: before?.publication.lot.leader ?? null,
      bidders: end?.bidders ?? [],
      ...(end === undefined ? {} : { sellerId: end.seller_id }),
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
    name: 'notifier-read-lot-events',
    text: `
      SELECT c.outbox_id, e.seq, e.at_ms, e.publication, e.private
        FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[])
               AS c (outbox_id, lot_id, from_seq, to_seq)
       CROSS JOIN LATERAL (
               SELECT p.seq, p.at_ms, p.publication, p.private FROM lot_publications p
                WHERE p.lot_id = c.lot_id AND p.seq BETWEEN c.from_seq - 1 AND c.to_seq
                ORDER BY p.seq LIMIT c.to_seq - c.from_seq + 2) e
       ORDER BY c.outbox_id, e.seq`,
    values: commitColumns(taken),
  })
  const entries = Map.groupBy(rows, ({ outbox_id }) => outbox_id)
  return new Map(Array.from(entries, ([outboxId, of]) => [outboxId, of.map(entryOf)]))
}

function entryOf({ seq, at_ms, publication, private: concerned }: EventRow): LotEntry {
  return { seq, atMs: at_ms, publication, concerned }
}

function endedLots(
  taken: readonly OutboxRow[],
  events: ReadonlyMap<number, readonly LotEntry[]>,
): string[] {
  return taken
    .filter(({ outboxId }) => events.get(outboxId)?.at(-1)?.publication.lot.result !== undefined)
    .map(({ aggregateId }) => aggregateId)
}

/** Nobody bids after the end, so the standings are those that the lot ended with. */
export async function readEnds(
  client: PoolClient,
  lotIds: readonly string[],
): Promise<ReadonlyMap<string, EndRow>> {
  if (lotIds.length === 0) return new Map()
  const { rows } = await client.query<EndRow>({
    name: 'notifier-read-ends',
    text: `
      SELECT l.lot_id, l.seller_id,
             ARRAY(SELECT s.bidder_id FROM lot_standings s
                    WHERE s.lot_id = l.lot_id ORDER BY s.alias_no) AS bidders
        FROM lot_states l
       WHERE l.lot_id = ANY ($1::uuid[])`,
    values: [lotIds],
  })
  return new Map(rows.map((row) => [row.lot_id, row]))
}
