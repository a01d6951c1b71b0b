// `npm run bench -- bids`: how many bids per second become durable, without a socket: as one would write it, and
// by the engine.
import { type Keep, keeping } from '../keeping.ts'
import { figure } from '../report.ts'
import { startRoles } from '../roles.ts'
import type { BenchOptions, Section } from '../section.ts'
import { openPool, type ThrowawayPostgres, throwawayPostgres } from '../throwaway-postgres.ts'
import { mediansOf, type Turn, takeRounds } from '../turns.ts'
import { type BidFigures, type Cell, reportOf, type Ways } from './bids-report.ts'
import { busOverNats, engineHere, engineWay } from './engine-ways.ts'
import { type BidWay, Floor } from './floor.ts'
import { oneCallPerBid, oneTransactionPerBid } from './plain-ways.ts'
import { workWhile } from './work.ts'

/** At more the ways of one transaction per bid get slower, at fewer as well. */
const plainClients = 32
const warmUpMs = 300

export interface BidsOptions extends BenchOptions {
  readonly bidders: number
  /** How many are bid on at the same time. */
  readonly lots: readonly number[]
  /** On these of them what one would write is measured as well. */
  readonly plainLots: readonly number[]
}

export function benchBids(options: BenchOptions): Promise<Section> {
  return measureBids({ ...options, bidders: 256, lots: [1, 64, 1_000], plainLots: [1, 64] })
}

export function measureBids(options: BidsOptions): Promise<Section> {
  return keeping(async (keep) => {
    options.say(
      'Starting a throw-away PostgreSQL, and an engine in a process of its own behind a NATS.',
    )
    const postgres = await throwawayPostgres(keep)
    const ways = await startWays(keep, postgres, options.bidders)
    const cells = await measure(ways, postgres.pid, options)
    return reportOf(ways, cells, options.lots)
  })
}

async function startWays(keep: Keep, postgres: ThrowawayPostgres, bidders: number): Promise<Ways> {
  const plainPool = await openPool(keep, postgres.url, plainClients)
  const herePool = await openPool(keep, await postgres.addDatabase('here'), 20)
  const databaseUrl = await postgres.addDatabase('apart')
  const apartPool = await openPool(keep, databaseUrl, 1)
  const fleet = await startRoles(keep, { roles: ['engine'], databaseUrl })
  const { engine = 0, NATS = 0 } = fleet.pids
  return {
    plain: [oneTransactionPerBid(plainPool, plainClients), oneCallPerBid(plainPool, plainClients)],
    here: engineWay({
      name: 'engine, bus within the process',
      says: 'engine and bidders in one process',
      bus: await engineHere(keep, herePool),
      pool: herePool,
      bidders,
    }),
    overNats: engineWay({
      name: 'engine, over NATS',
      says: 'the engine in a process of its own, bidders in another',
      bus: await busOverNats(keep, fleet.natsUrl),
      pool: apartPool,
      bidders,
      engine: { pids: { engine, NATS }, metricsUrl: fleet.metricsUrls['engine'] ?? '' },
    }),
  }
}

async function measure(
  ways: Ways,
  postgresPid: number,
  options: BidsOptions,
): Promise<readonly Cell[]> {
  const { lots, plainLots, seconds } = options
  const planned = lots.flatMap((count) =>
    [...(plainLots.includes(count) ? ways.plain : []), ways.here, ways.overNats].map((way) => ({
      way,
      lots: count,
    })),
  )
  const floors: Floor[] = []
  const turns: Turn<keyof BidFigures>[] = []
  for (const { way, lots: count } of planned) {
    const floor = await Floor.open(way, count)
    floors.push(floor)
    const on = count === 1 ? 'one lot' : `${figure(count)} lots`
    turns.push({
      name: `${way.name}, ${on}`,
      measure: () => measureTurn(floor, way, postgresPid, seconds * 1_000),
    })
  }
  const found = await takeRounds(turns, options)
  for (const floor of floors) await floor.audit()
  return found.flatMap((rounds, nth) => {
    const plan = planned[nth]
    return plan === undefined ? [] : [{ ...plan, rounds, figures: mediansOf(rounds) }]
  })
}

async function measureTurn(
  floor: Floor,
  { engine }: BidWay,
  postgresPid: number,
  measureMs: number,
): Promise<BidFigures> {
  const bid = () => floor.bid(warmUpMs, measureMs)
  const [{ perSecond, accepted, sent, medianMs, p99Ms }, work] = await workWhile(
    postgresPid,
    engine,
    bid,
  )
  return {
    'bids/s': perSecond,
    'accepted %': sent === 0 ? 0 : (100 * accepted) / sent,
    'median ms': medianMs,
    'p99 ms': p99Ms,
    ...work,
  }
}
