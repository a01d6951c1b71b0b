// The lots as PostgreSQL has them committed, read through the three views which the engine keeps for
// others. A query is one snapshot, so a state and the bids beside it always belong together.

import type { Clock } from '../../platform/clock.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import type {
  BidPage,
  LotPublication,
  LotView,
  OwnStanding,
  PublicBid,
} from '../../protocol/auction.ts'
import { snapshotBidsMax } from '../limits.ts'
import type { LotBook, LotRecord, StreamRange } from '../ports/lot-book.ts'
import { gathered } from './gather.ts'
import { pageOf } from './keyset-page.ts'

const lotsQuery = {
  name: 'gateway-lots',
  text: `
    SELECT s.lot_id, s.seller_id, s.view, recent.bids
      FROM lot_states s
     CROSS JOIN LATERAL (
       SELECT coalesce(json_agg(newest.bid ORDER BY newest.seq DESC), '[]') AS bids
         FROM (SELECT p.seq, p.publication -> 'bid' AS bid
                 FROM lot_publications p
                WHERE p.lot_id = s.lot_id AND p.type = 'bid_accepted'
                ORDER BY p.seq DESC
                LIMIT ${snapshotBidsMax}) newest) recent
     WHERE s.lot_id = ANY ($1::uuid[])`,
}

// OFFSET 0 keeps the planner from flattening the subquery, so that each bidder's few rows are found
// by the index and not by sorting all decisions of the lot.
const standingsQuery = {
  name: 'gateway-standings',
  text: `
    SELECT asked.lot_id, asked.user_id, own.max, own.alias_no,
           s.leader_id IS NOT DISTINCT FROM asked.user_id AS leading
      FROM unnest($1::uuid[], $2::text[]) AS asked (lot_id, user_id)
     CROSS JOIN LATERAL (
       SELECT st.max, st.alias_no FROM lot_standings st
        WHERE st.lot_id = asked.lot_id AND st.bidder_id = asked.user_id
       OFFSET 0) own
      JOIN lot_states s ON s.lot_id = asked.lot_id`,
}

const bidsQuery = {
  name: 'gateway-bids',
  text: `
    SELECT p.seq, p.publication -> 'bid' AS bid
      FROM lot_publications p
     WHERE p.lot_id = $1 AND p.type = 'bid_accepted' AND ($2::bigint IS NULL OR p.seq < $2)
     ORDER BY p.seq DESC
     LIMIT $3`,
}

const upwardsQuery = {
  name: 'gateway-publications',
  text: `
    SELECT seq, publication FROM lot_publications
     WHERE lot_id = $1 AND seq > coalesce($2::bigint, 0)
     ORDER BY seq LIMIT $3`,
}

const downwardsQuery = {
  name: 'gateway-publications-reverse',
  text: `
    SELECT seq, publication FROM lot_publications
     WHERE lot_id = $1 AND ($2::bigint IS NULL OR seq < $2)
     ORDER BY seq DESC LIMIT $3`,
}

interface LotRow {
  readonly lot_id: string
  readonly seller_id: string
  readonly view: LotView
  readonly bids: readonly PublicBid[]
}

interface StandingRow {
  readonly lot_id: string
  readonly user_id: string
  readonly max: number
  readonly alias_no: number
  readonly leading: boolean
}

export function createPostgresLotBook(pool: Pool, clock: Clock): LotBook {
  const lot = gathered((lotIds) => loadLots(pool, clock, lotIds))
  const standing = gathered((keys) => loadStandings(pool, keys))
  return {
    lot,
    // A lot's id has a fixed length, so the key tells the two apart whatever the user id holds.
    standing: (lotId, userId) => standing(`${lotId} ${userId}`),
    bids: (lotId, page) => loadBids(pool, lotId, page),
    publications: (lotId, range) => loadPublications(pool, lotId, range),
  }
}

async function loadLots(
  pool: Pool,
  clock: Clock,
  lotIds: readonly string[],
): Promise<ReadonlyMap<string, LotRecord>> {
  const { rows } = await pool.query<LotRow>({ ...lotsQuery, values: [lotIds] })
  const serverTime = clock.nowMs()
  return new Map(
    rows.map(({ lot_id, seller_id, view, bids }) => [
      lot_id,
      { sellerId: seller_id, view: { ...view, serverTime }, bids },
    ]),
  )
}

async function loadStandings(
  pool: Pool,
  keys: readonly string[],
): Promise<ReadonlyMap<string, OwnStanding>> {
  const asked = keys.map((key) => key.split(' ', 2))
  const values = [asked.map(([lotId]) => lotId), asked.map(([, userId]) => userId)]
  const { rows } = await pool.query<StandingRow>({ ...standingsQuery, values })
  return new Map(
    rows.map((row) => [
      `${row.lot_id} ${row.user_id}`,
      { leading: row.leading, max: row.max, alias: `Bidder ${row.alias_no}` },
    ]),
  )
}

async function loadBids(
  pool: Pool,
  lotId: string,
  { before, limit }: { readonly before?: number; readonly limit: number },
): Promise<BidPage> {
  const values = [lotId, before ?? null, limit + 1]
  const { rows } = await pool.query<{ seq: number; bid: PublicBid }>({ ...bidsQuery, values })
  return pageOf(
    rows,
    limit,
    ({ seq, bid }) => ({ ...bid, seq }),
    ({ seq }) => seq,
  )
}

async function loadPublications(
  pool: Pool,
  lotId: string,
  { from, limit, reverse }: StreamRange,
): Promise<readonly { readonly seq: number; readonly publication: LotPublication }[]> {
  const { rows } = await pool.query<{ seq: number; publication: LotPublication }>({
    ...(reverse ? downwardsQuery : upwardsQuery),
    values: [lotId, from ?? null, limit],
  })
  return rows
}
