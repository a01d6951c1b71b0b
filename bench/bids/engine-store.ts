// What the engine's tables say of lots that were bid on.
import type { Pool } from '../../platform/postgres/pool.ts'
import { numberOfId, type Stored } from '../ledger.ts'

interface Row {
  readonly lot_id: string
  readonly price: number | null
  readonly bids: number
  readonly ids: number
  readonly torn: boolean
}

/** Decisions and events are counted apart: both have numbers without gaps. */
export async function storedByEngine(pool: Pool, lotIds: readonly string[]): Promise<Stored> {
  const { rows } = await pool.query<Row>(
    `SELECT h.lot_id, h.price, d.bids, d.ids,
            d.decisions <> h.decision_no OR d.last <> h.decision_no
              OR e.events <> h.seq OR e.last <> h.seq AS torn
       FROM lots_hot h,
    LATERAL (SELECT count(*) AS decisions, max(decision_no) AS last,
                    count(*) FILTER (WHERE is_bid) AS bids,
                    coalesce(sum(${numberOfId('command_id')}) FILTER (WHERE is_bid), 0)::bigint AS ids
               FROM (SELECT decision_no, command_id,
                            command = 'place_bid' AND outcome = 'accepted' AS is_bid
                       FROM lot_decisions WHERE lot_id = h.lot_id) AS each) AS d,
    LATERAL (SELECT count(*) AS events, coalesce(max(seq), 0) AS last
               FROM lot_events WHERE lot_id = h.lot_id) AS e
      WHERE h.lot_id = ANY ($1)`,
    [lotIds],
  )
  return {
    accepted: rows.reduce((sum, { bids }) => sum + bids, 0),
    sumOfIds: rows.reduce((sum, { ids }) => sum + ids, 0),
    torn: rows.filter(({ torn }) => torn).length,
    prices: Object.fromEntries(rows.map(({ lot_id: lotId, price }) => [lotId, price ?? 0])),
  }
}
