// The servers that one would write first, on the same library and the same database as Outcry: bids come in over
// WebSockets and are answered once they are committed. Nobody is asked who they are, nothing is checked, nobody
// else is told, and there is no second process: where bids are placed together, that is about the least they can cost.
import { App, type WebSocket } from 'uWebSockets.js'
import type { Pool } from '../../platform/postgres/pool.ts'
import type { Bid } from '../bids/floor.ts'
import { listening } from '../peers/listening.ts'

/** Of one call: beyond it everybody in it waits longer, and no more bids are placed in a second. */
const batchMax = 512

/** Resolves, once it is durable, with the price that the bid made; with undefined where it was too low. */
export type Place = (bid: Bid) => Promise<number | undefined>

interface Command {
  readonly id: number
  readonly rpc?: {
    readonly data: { readonly lotId: string; readonly clientBidId: string; readonly amount: number }
  }
}

interface Connection {
  readonly bidder: string
  isOpen: boolean
}

/** Resolves with the port. It speaks as much of Outcry's protocol as it takes to place a bid. */
export function servePlainly(place: Place): Promise<number> {
  let connections = 0
  const app = App().ws<Connection>('/*', {
    upgrade(response, request, context) {
      connections += 1
      response.upgrade<Connection>(
        { bidder: `bidder-${connections}`, isOpen: true },
        request.getHeader('sec-websocket-key'),
        request.getHeader('sec-websocket-protocol'),
        request.getHeader('sec-websocket-extensions'),
        context,
      )
    },
    message: (socket, message) => void obey(socket, message),
    close(socket) {
      socket.getUserData().isOpen = false
    },
  })
  async function obey(socket: WebSocket<Connection>, message: ArrayBuffer): Promise<void> {
    const { id, rpc } = JSON.parse(Buffer.from(message).toString()) as Command
    if (rpc === undefined) {
      socket.send(`{"id":${id},"connect":{}}`)
      return
    }
    const connection = socket.getUserData()
    const { lotId, clientBidId, amount } = rpc.data
    const price = await place({ lotId, bidder: connection.bidder, bidId: clientBidId, amount })
    if (connection.isOpen) socket.send(`{"id":${id},"rpc":{"data":${outcomeOf(price)}}}`)
  }
  return listening(app)
}

function outcomeOf(price: number | undefined): string {
  return price === undefined
    ? '{"outcome":"refused","code":"bid_too_low"}'
    : `{"outcome":"accepted","price":${price}}`
}

interface Waiting {
  readonly bid: Bid
  readonly answer: (price: number | undefined) => void
  readonly fail: (error: unknown) => void
}

/**
 * One queue and one writer, which takes whatever waits and has it placed by one call. Bids on one lot, since a call
 * is for one.
 */
export function placeTogether(pool: Pool): Place {
  const waiting: Waiting[] = []
  let isWriting = false
  async function writeAll(): Promise<void> {
    isWriting = true
    while (waiting.length > 0) {
      const batch = waiting.splice(0, batchMax)
      try {
        const taken = await placeMany(
          pool,
          batch.map(({ bid }) => bid),
        )
        for (const [nth, { bid, answer }] of batch.entries()) {
          answer(taken[nth] === true ? bid.amount : undefined)
        }
      } catch (error) {
        for (const { fail } of batch) fail(error)
      }
    }
    isWriting = false
  }
  return (bid) =>
    new Promise((answer, fail) => {
      waiting.push({ bid, answer, fail })
      if (!isWriting) void writeAll()
    })
}

const call = {
  name: 'plain_place_bids_call',
  text: 'SELECT plain_place_bids($1, $2, $3, $4) AS taken',
}

/** Nothing in what bidders send needs quotes, so the driver is spared looking for what does. */
const arrayOf = (items: readonly (string | number)[]): string => `{${items.join(',')}}`

async function placeMany(pool: Pool, bids: readonly Bid[]): Promise<readonly boolean[]> {
  const values = [
    bids[0]?.lotId,
    arrayOf(bids.map(({ bidder }) => bidder)),
    arrayOf(bids.map(({ bidId }) => bidId)),
    arrayOf(bids.map(({ amount }) => amount)),
  ]
  const { rows } = await pool.query<{ taken: readonly boolean[] }>({ ...call, values })
  return rows[0]?.taken ?? []
}
