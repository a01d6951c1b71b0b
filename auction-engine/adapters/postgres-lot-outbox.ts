// The rows of the outbox that are about lots.
import { outboxRows } from '../../platform/postgres/outbox-rows.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import type { LotPublication } from '../../protocol/auction.ts'
import type { LotOutbox, UntoldEvents } from '../ports/lot-outbox.ts'

interface UntoldRow {
  readonly id: number
  readonly lot_id: string
  readonly epoch: number
  readonly from_seq: number
  readonly seq: number
  readonly publication: LotPublication
}

/** @param eventsMax Of a row with more events, this many newest are told: each holds the whole state. */
export function createPostgresLotOutbox(pool: Pool, eventsMax: number): LotOutbox {
  return {
    ...outboxRows(pool, 'lot'),
    async unpublished(beforeMs, limit) {
      const { rows } = await pool.query<UntoldRow>({
        name: 'unpublished',
        text: unpublished,
        values: [beforeMs, limit, eventsMax],
      })
      return untoldFrom(rows)
    },
  }
}

function untoldFrom(rows: readonly UntoldRow[]): UntoldEvents[] {
  const byRow = Map.groupBy(rows, ({ id }) => id)
  return [...byRow].flatMap(([outboxId, events]) => {
    const [first] = events
    if (first === undefined) return []
    const { lot_id: lotId, epoch, from_seq: fromSeq } = first
    return [{ outboxId, lotId, epoch, fromSeq, events }]
  })
}

// LATERAL with a LIMIT: each row's events are looked up by their seqs, and never a lot's whole log.
const unpublished = `
  SELECT o.id, o.aggregate_id AS lot_id, o.epoch, o.from_seq, p.seq, p.publication
    FROM (SELECT id, aggregate_id, epoch, from_seq, to_seq FROM outbox
           WHERE NOT published AND source = 'lot' AND created_at_ms < $1
           ORDER BY id LIMIT $2) AS o
   CROSS JOIN LATERAL (
           SELECT e.seq, e.publication FROM lot_publications e
            WHERE e.lot_id = o.aggregate_id
              AND e.seq BETWEEN greatest(o.from_seq, o.to_seq - $3 + 1) AND o.to_seq
            ORDER BY e.seq LIMIT $3) AS p
   ORDER BY o.id, p.seq`
