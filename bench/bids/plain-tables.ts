// The tables and functions that one would write first: a lot with its price, its bids, each id once. They store
// less than the engine does (no refusals, no public history, no outbox), so comparisons are to their advantage.
import type { Pool } from '../../platform/postgres/pool.ts'
import { numberOfId, type Stored } from '../ledger.ts'

const tables = `
  CREATE TABLE IF NOT EXISTS plain_lots (
    lot_id uuid PRIMARY KEY,
    seq    bigint NOT NULL DEFAULT 0,
    price  bigint NOT NULL DEFAULT 0,
    leader text
  ) WITH (fillfactor = 50);
  CREATE TABLE IF NOT EXISTS plain_bids (
    lot_id uuid NOT NULL,
    seq    bigint NOT NULL,
    bidder text NOT NULL,
    bid_id uuid NOT NULL,
    amount bigint NOT NULL,
    at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (lot_id, seq),
    UNIQUE (lot_id, bidder, bid_id)
  )`

/** One bid, a step above the price: what it raised the price to. */
const raise = `
  CREATE OR REPLACE FUNCTION plain_raise(lot uuid, who text, id uuid)
  RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE last_price bigint; last_seq bigint;
  BEGIN
    SELECT price, seq INTO last_price, last_seq FROM plain_lots WHERE lot_id = lot FOR UPDATE;
    INSERT INTO plain_bids (lot_id, seq, bidder, bid_id, amount)
    VALUES (lot, last_seq + 1, who, id, last_price + 1);
    UPDATE plain_lots SET seq = last_seq + 1, price = last_price + 1, leader = who WHERE lot_id = lot;
    RETURN last_price + 1;
  END $$`

/** Whatever waits for one lot: for each bid, in order, whether it was the highest then. */
const placeMany = `
  CREATE OR REPLACE FUNCTION plain_place_bids(lot uuid, who text[], id uuid[], offered bigint[])
  RETURNS boolean[] LANGUAGE plpgsql AS $$
  DECLARE highest bigint; last_seq bigint; answers boolean[];
  BEGIN
    SELECT price, seq INTO highest, last_seq FROM plain_lots WHERE lot_id = lot FOR UPDATE;
    WITH judged AS MATERIALIZED (
      SELECT b.*, b.amount > greatest(highest, max(b.amount) OVER (
               ORDER BY b.place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS taken
        FROM unnest(who, id, offered) WITH ORDINALITY AS b (bidder, bid_id, amount, place)
    ), kept AS (
      INSERT INTO plain_bids (lot_id, seq, bidder, bid_id, amount)
      SELECT lot, last_seq + row_number() OVER (ORDER BY place), bidder, bid_id, amount
        FROM judged WHERE taken
      RETURNING seq, amount, bidder
    ), moved AS (
      UPDATE plain_lots SET seq = last.seq, price = last.amount, leader = last.bidder
        FROM (SELECT seq, amount, bidder FROM kept ORDER BY seq DESC LIMIT 1) AS last
       WHERE lot_id = lot
    )
    SELECT array_agg(taken ORDER BY place) INTO answers FROM judged;
    RETURN answers;
  END $$`

export async function makePlainTables(pool: Pool): Promise<void> {
  for (const statement of [tables, raise, placeMany]) await pool.query(statement)
}

export async function openPlainLots(pool: Pool, lotIds: readonly string[]): Promise<void> {
  await pool.query('INSERT INTO plain_lots (lot_id) SELECT unnest($1::uuid[])', [lotIds])
}

export async function storedPlainly(pool: Pool, lotIds: readonly string[]): Promise<Stored> {
  const { rows } = await pool.query<{
    lot_id: string
    price: number
    bids: number
    ids: number
    torn: boolean
  }>(
    `SELECT l.lot_id, l.price, count(b.*)::bigint AS bids,
            coalesce(sum(${numberOfId('b.bid_id')}), 0)::bigint AS ids,
            count(b.*) <> l.seq OR coalesce(max(b.seq), 0) <> l.seq AS torn
       FROM plain_lots l LEFT JOIN plain_bids b USING (lot_id)
      WHERE l.lot_id = ANY ($1) GROUP BY l.lot_id`,
    [lotIds],
  )
  return {
    accepted: rows.reduce((sum, { bids }) => sum + bids, 0),
    sumOfIds: rows.reduce((sum, { ids }) => sum + ids, 0),
    torn: rows.filter(({ torn }) => torn).length,
    prices: Object.fromEntries(rows.map(({ lot_id: lotId, price }) => [lotId, price])),
  }
}
