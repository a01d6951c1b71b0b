// What one would write first: a transaction for each bid, by statements from outside or by one function. Who comes
// late to the lot's row raises by one step: refused bids would write nothing, and say little.
import { uuidv7 } from '../../platform/ids.ts'
import { type Pool, transaction } from '../../platform/postgres/pool.ts'
import type { Bid, BidWay } from './floor.ts'
import { makePlainTables, openPlainLots, storedPlainly } from './plain-tables.ts'

const lock = {
  name: 'plain_lot_lock',
  text: 'SELECT price, seq FROM plain_lots WHERE lot_id = $1 FOR UPDATE',
}
const insert = {
  name: 'plain_bid_insert',
  text: 'INSERT INTO plain_bids (lot_id, seq, bidder, bid_id, amount) VALUES ($1, $2, $3, $4, $5)',
}
const move = {
  name: 'plain_lot_move',
  text: 'UPDATE plain_lots SET seq = $2, price = $3, leader = $4 WHERE lot_id = $1',
}
const call = {
  name: 'plain_raise_call',
  text: 'SELECT plain_raise($1, $2, $3) AS amount',
}

/** BEGIN, SELECT … FOR UPDATE, INSERT, UPDATE, COMMIT; as many at once as the pool has connections. */
export function oneTransactionPerBid(pool: Pool, clients: number): BidWay {
  return plainWay(pool, clients, {
    name: 'one transaction per bid',
    says: `BEGIN, SELECT … FOR UPDATE, INSERT, UPDATE, COMMIT; ${clients} clients`,
    place: ({ lotId, bidder, bidId }) =>
      transaction(pool, async (client) => {
        const { rows } = await client.query<{ price: number; seq: number }>({
          ...lock,
          values: [lotId],
        })
        const { price = 0, seq: last = 0 } = rows[0] ?? {}
        const [seq, amount] = [last + 1, price + 1]
        await client.query({ ...insert, values: [lotId, seq, bidder, bidId, amount] })
        await client.query({ ...move, values: [lotId, seq, amount, bidder] })
        return amount
      }),
  })
}

/** The same in the database: one call, one transaction, one way there and back. */
export function oneCallPerBid(pool: Pool, clients: number): BidWay {
  return plainWay(pool, clients, {
    name: 'one function call per bid',
    says: `the same transaction in one function of the database; ${clients} clients`,
    async place({ lotId, bidder, bidId }) {
      const values = [lotId, bidder, bidId]
      const { rows } = await pool.query<{ amount: number }>({ ...call, values })
      return rows[0]?.amount ?? 0
    },
  })
}

interface PlainWay extends Pick<BidWay, 'name' | 'says'> {
  /** With the amount to which the bid raised the price. */
  readonly place: (bid: Bid) => Promise<number>
}

function plainWay(pool: Pool, bidders: number, { name, says, place }: PlainWay): BidWay {
  return {
    name,
    says,
    bidders,
    async open(lots) {
      const lotIds = Array.from({ length: lots }, uuidv7)
      await makePlainTables(pool)
      await openPlainLots(pool, lotIds)
      return {
        lotIds,
        place,
        stored: () => storedPlainly(pool, lotIds),
      }
    },
  }
}
