// Lots as the engine's views show them, for the tests of what reads those.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { LotView, PublicBid } from '../../protocol/auction.ts'
import { noonMs } from './people.ts'

/**
 * Puts tables in the place of the engine's views, with the columns that the views have, so that these
 * tests depend on what the engine promises and not on how it keeps it.
 */
export async function standInForEngine(pool: Pool): Promise<void> {
  for (const view of ['lot_states', 'lot_publications', 'lot_standings']) {
    await pool.query(`
      CREATE TABLE stand_in AS TABLE ${view} WITH NO DATA;
      DROP VIEW ${view};
      ALTER TABLE stand_in RENAME TO ${view}`)
  }
}

export interface LotHistory {
  readonly sellerId?: string
  readonly leaderId?: string
  /** Events before the first bid. */
  readonly before?: number
  /** Each is a `bid_accepted`, in order. */
  readonly bids?: readonly PublicBid[]
}

/** A lot and the events that led to it. */
export async function storeLot(
  pool: Pool,
  view: LotView,
  { sellerId = 'sel', leaderId, before = 0, bids = [] }: LotHistory = {},
): Promise<void> {
  const { lotId, state } = view
  const seqMax = before + bids.length
  await pool.query(
    `INSERT INTO lot_states (lot_id, seller_id, state, seq, leader_id, view)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [lotId, sellerId, state, seqMax, leaderId ?? null, { ...view, seq: seqMax }],
  )
  for (let seq = 1; seq <= seqMax; seq += 1) {
    const bid = bids[seq - 1 - before]
    const type = bid === undefined ? 'lot_updated' : 'bid_accepted'
    const lot = { ...view, seq, serverTime: noonMs + seq }
    const publication = bid === undefined ? { type, lot } : { type, lot, bid }
    await pool.query(
      `INSERT INTO lot_publications (lot_id, seq, type, at_ms, publication, private)
       VALUES ($1, $2, $3, $4, $5, '{}')`,
      [lotId, seq, type, noonMs + seq, publication],
    )
  }
}

/** A bidder's standing bid. */
export async function storeStanding(
  pool: Pool,
  lotId: string,
  standing: { readonly bidderId: string; readonly max: number; readonly aliasNo: number },
): Promise<void> {
  await pool.query(
    `INSERT INTO lot_standings (lot_id, bidder_id, max, rank, floor, alias_no)
     VALUES ($1, $2, $3, 1, 0, $4)`,
    [lotId, standing.bidderId, standing.max, standing.aliasNo],
  )
}
