// `npm run bench -- end-to-end`: durable bids from socket to socket, of Outcry in one process and of a fleet, beside
// the least that such a server can cost, and beside what one would write first.
import { createLogger } from '../../platform/log.ts'
import { type Keep, keeping } from '../keeping.ts'
import type { BenchOptions, Section } from '../section.ts'
import { startThrowawayPostgres } from '../throwaway-postgres.ts'
import { type Turn, takeTurns } from '../turns.ts'
import { type Found, reportOf } from './end-to-end-report.ts'
import { serveApart, serveEmbedded, servePlain } from './servers.ts'
import { Stand, type StandFigures } from './stand.ts'

export interface EndToEndOptions extends BenchOptions {
  /** At each server but the one that commits bid by bid. */
  readonly bidders: number
}

/** At more of them one transaction per bid gets slower, at fewer as well. */
const plainBidders = 32
const warmUpMs = 500

type Stands = Readonly<Record<'naive' | 'prototype' | 'embedded' | 'apart', Stand>>

export function benchEndToEnd(options: BenchOptions): Promise<Section> {
  return measureEndToEnd({ ...options, bidders: 256 })
}

export function measureEndToEnd(options: EndToEndOptions): Promise<Section> {
  return keeping(async (keep) => {
    const stands = await openStands(keep, options)
    const found = await measure(stands, options)
    return await reportOf(Object.values(stands), found, options.bidders)
  })
}

async function openStands(keep: Keep, { bidders, say }: EndToEndOptions): Promise<Stands> {
  const log = createLogger({ name: 'bench', level: 'error' })
  say('Starting a throw-away PostgreSQL, four servers with a lot each, and their bidders.')
  const postgres = await keep(startThrowawayPostgres(log), (server) => server.stop())
  const ground = { keep, log, postgres }
  return {
    naive: await Stand.open(
      {
        name: 'one transaction per bid',
        says: `BEGIN, SELECT … FOR UPDATE, INSERT, UPDATE, COMMIT for each bid, ${plainBidders} at a time`,
        bidders: plainBidders,
      },
      await servePlain(ground, 'oneByOne', plainBidders),
      ground,
    ),
    prototype: await Stand.open(
      {
        name: 'prototype',
        says: 'uWebSockets.js, one queue, and one writer that has whatever waits placed by one function of the database; bids are answered after the commit, and nothing else is done',
        bidders,
      },
      await servePlain(ground, 'together', bidders),
      ground,
    ),
    embedded: await Stand.open(
      { name: 'Outcry, one process', says: 'all of it, as `npm start` runs it', bidders },
      await serveEmbedded(ground),
      ground,
    ),
    apart: await Stand.open(
      {
        name: 'Outcry, through NATS',
        says: 'gateway, engine and notifier in processes of their own, with NATS and Redis',
        bidders,
      },
      await serveApart(ground),
      ground,
    ),
  }
}

async function measure(stands: Stands, options: EndToEndOptions): Promise<Found> {
  const measureMs = options.seconds * 1_000
  const { naive, prototype, embedded, apart } = stands
  const turnOf = (stand: Stand): Turn<keyof StandFigures> => ({
    name: stand.name,
    measure: () => stand.bid({ warmUpMs, measureMs }),
  })
  const rush = await takeTurns([naive, prototype, embedded, apart].map(turnOf), options)
  const reached = rush[3]?.['accepted/s'] ?? 0
  const pace: Turn<keyof StandFigures> = {
    name: `${apart.name}, at half of that`,
    measure: () => apart.bid({ warmUpMs, measureMs, perSecond: reached / 2 }),
  }
  const half = await takeTurns([pace], options)
  return {
    naive: figuresOf(rush[0]),
    prototype: figuresOf(rush[1]),
    embedded: figuresOf(rush[2]),
    apart: figuresOf(rush[3]),
    atHalfRate: figuresOf(half[0]),
  }
}

function figuresOf(found: StandFigures | undefined): StandFigures {
  if (found === undefined) throw new Error('a stand had no turn')
  return found
}
