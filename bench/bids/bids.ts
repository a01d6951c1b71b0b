// `npm run bench -- bids`: how many bids per second become durable, without a socket: as one would write it, and
// by the engine.
import { type Keep, keeping } from '../keeping.ts'
import { figure, ratio } from '../report.ts'
import { startRoles } from '../roles.ts'
import type { BenchOptions, GoalVerdict, Section, Table } from '../section.ts'
import { openPool, throwawayPostgres } from '../throwaway-postgres.ts'
import {
  type Figures,
  mediansOf,
  type Rounds,
  type Turn,
  takeRounds,
  timesInRound,
} from '../turns.ts'
import { busOverNats, engineHere, engineWay } from './engine-ways.ts'
import { type Bidding, type BidWay, Floor } from './floor.ts'
import { oneCallPerBid, oneTransactionPerBid } from './plain-ways.ts'

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

type BidFigures = Figures<'bids/s' | 'accepted %' | 'median ms' | 'p99 ms'>

/** One way on so many lots, and what came of it. */
interface Cell {
  readonly way: BidWay
  readonly lots: number
  readonly rounds: Rounds<keyof BidFigures>
  /** Their medians. */
  readonly figures: BidFigures
}

interface Ways {
  readonly plain: readonly BidWay[]
  readonly here: BidWay
  readonly overNats: BidWay
}

export function benchBids(options: BenchOptions): Promise<Section> {
  return measureBids({ ...options, bidders: 256, lots: [1, 64, 1_000], plainLots: [1, 64] })
}

export function measureBids(options: BidsOptions): Promise<Section> {
  return keeping(async (keep) => {
    const ways = await startWays(keep, options)
    const cells = await measure(ways, options)
    const { bidders, lots } = options
    return {
      name: 'bids',
      title: 'Durable bids',
      says: 'How many bids per second become durable in one PostgreSQL, and how long a bidder waits for it, without sockets: by the transactions that one would write first, and by the engine, which commits whatever waits together. Bidders bid again when they are answered. Afterwards every accepted bid must be stored once, every lot must stand at its highest one, and no number may be missing.',
      conditions: [
        ...[...ways.plain, ways.here, ways.overNats].map(({ name, says }) => `${name}: ${says}.`),
        `PostgreSQL with fsync and synchronous_commit on; ${figure(bidders)} bidders at the engine.`,
        'What one would write stores a bid in one row; the engine stores decision, public event and outbox row.',
      ],
      tables: lots.map((count) => tableOf(cells, count)),
      goals: goalsOf(cells, ways),
    }
  })
}

async function startWays(keep: Keep, { bidders, say }: BidsOptions): Promise<Ways> {
  say('Starting a throw-away PostgreSQL, and an engine in a process of its own behind a NATS.')
  const postgres = await throwawayPostgres(keep)
  const plainPool = await openPool(keep, postgres.url, plainClients)
  const herePool = await openPool(keep, await postgres.addDatabase('here'), 20)
  const databaseUrl = await postgres.addDatabase('apart')
  const apartPool = await openPool(keep, databaseUrl, 1)
  const { natsUrl } = await startRoles(keep, { roles: ['engine'], databaseUrl })
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
      bus: await busOverNats(keep, natsUrl),
      pool: apartPool,
      bidders,
    }),
  }
}

async function measure(ways: Ways, options: BidsOptions): Promise<readonly Cell[]> {
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
      measure: async () => figuresOf(await floor.bid(warmUpMs, seconds * 1_000)),
    })
  }
  const found = await takeRounds(turns, options)
  for (const floor of floors) await floor.audit()
  return found.flatMap((rounds, nth) => {
    const plan = planned[nth]
    return plan === undefined ? [] : [{ ...plan, rounds, figures: mediansOf(rounds) }]
  })
}

function figuresOf({ perSecond, accepted, sent, medianMs, p99Ms }: Bidding): BidFigures {
  return {
    'bids/s': perSecond,
    'accepted %': sent === 0 ? 0 : (100 * accepted) / sent,
    'median ms': medianMs,
    'p99 ms': p99Ms,
  }
}

/** Accepted ones alone. */
function acceptedPerSecond(figures: BidFigures): number {
  return (figures['bids/s'] * figures['accepted %']) / 100
}

function tableOf(cells: readonly Cell[], lots: number): Table {
  const here = cells.filter((cell) => cell.lots === lots)
  const first = here[0]
  const isPlain = first?.way.bidders === plainClients
  const base = isPlain ? acceptedPerSecond(first.figures) : 0
  return {
    title: lots === 1 ? 'One hot lot' : `${figure(lots)} lots`,
    head: ['', 'accepted/s', 'ratio', 'of all', 'median ms', 'p99 ms'],
    rows: here.map(({ way, figures }) => [
      way.name,
      figure(acceptedPerSecond(figures)),
      ratio(acceptedPerSecond(figures), base),
      `${figure(figures['accepted %'])} %`,
      figure(figures['median ms']),
      figure(figures['p99 ms']),
    ]),
  }
}

function goalsOf(cells: readonly Cell[], ways: Ways): readonly GoalVerdict[] {
  const cellOf = (way: BidWay | undefined, lots: number): Cell | undefined =>
    cells.find((each) => each.way === way && each.lots === lots)
  const hotLot = cellOf(ways.overNats, 1)
  const hot = hotLot === undefined ? 0 : acceptedPerSecond(hotLot.figures)
  const toPlain = timesOf(hotLot, cellOf(ways.plain[0], 1))
  const bound = 'not measured here: engine, NATS, PostgreSQL and the bidders share the cores'
  return [
    {
      goal: 'P4',
      says: 'one hot lot against one transaction per bid',
      wanted: '≥ 30 ×',
      measured: `${figure(toPlain)} ×`,
      holds: toPlain >= 30,
      boundBy: bound,
    },
    {
      goal: 'P4',
      says: 'one hot lot',
      wanted: '≥ 35,000/s',
      measured: `${figure(hot)}/s`,
      holds: hot >= 35_000,
      boundBy: bound,
    },
    ...[64, 1_000].map((lots) => {
      const times = timesOf(cellOf(ways.overNats, lots), hotLot)
      return {
        goal: 'P8',
        says: `${figure(lots)} lots against one`,
        wanted: '≥ 0.8 ×',
        measured: `${figure(times)} ×`,
        holds: times >= 0.8,
        boundBy:
          'not measured here: a batch reads and writes a row for each lot that it has bids on',
      }
    }),
  ]
}

/** Accepted bids, in the same round; 0 where one of them was not measured. */
function timesOf(cell: Cell | undefined, base: Cell | undefined): number {
  if (cell === undefined || base === undefined) return 0
  return timesInRound(cell.rounds, base.rounds, acceptedPerSecond)
}
