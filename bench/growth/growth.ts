// `npm run bench -- growth`: whether a bid, a message and a page of history cost the same however many lots are open
// and however many messages are stored.
import { NatsServer } from '../../platform/servers/nats-server.ts'
import { busOverNats } from '../bids/engine-ways.ts'
import { tokenSecret as secret } from '../givens.ts'
import { keeping } from '../keeping.ts'
import { figure, ratio } from '../report.ts'
import type { BenchOptions, GoalVerdict, Section, Table } from '../section.ts'
import { throwawayPostgres } from '../throwaway-postgres.ts'
import { mediansOf, type Rounds, type Turn, takeRounds, timesInRound } from '../turns.ts'
import { Archive } from './archive.ts'
import { Watched, watchersEach } from './deliveries.ts'
import { lotsAtOnce, Market } from './lots.ts'
import type { Cost } from './spent.ts'

export interface GrowthScale {
  /** From few to many. */
  readonly lots: readonly number[]
  readonly messages: readonly number[]
  /** Who bid, and who talk. */
  readonly people: number
}

const fullScale: GrowthScale = {
  lots: [10, 1_000, 10_000],
  // Fewer messages than the goal asks for: the page says so, and why.
  messages: [10_000, 1_000_000, 3_000_000],
  people: 256,
}
/** Of what it costs at the smallest size, by this share more or less. */
const growthMax = 0.2
/** What the goal asks for, and what it takes to store a message beforehand. */
const messagesWanted = 10_000_000
const storing = 'about 80 µs of a processor and 1.2 kB for each message'

type What = 'bid' | 'delivery' | 'message' | 'page'

interface Size {
  readonly what: What
  readonly title: string
  readonly turn: Turn<keyof Cost>
}

export function benchGrowth(
  options: BenchOptions,
  scale: GrowthScale = fullScale,
): Promise<Section> {
  return keeping(async (keep) => {
    const { seconds, say } = options
    const measureMs = seconds * 1_000
    say('Starting a throw-away PostgreSQL.')
    const postgres = await throwawayPostgres(keep)
    const sizes: Size[] = []
    const markets: Market[] = []
    for (const lots of scale.lots) {
      say(`Opening ${figure(lots)} lots.`)
      const market = await Market.open(keep, postgres, { lots, bidders: scale.people })
      markets.push(market)
      const title = `${figure(lots)} lots open`
      sizes.push(sizeOf('bid', title, () => market.bid(measureMs)))
    }
    const nats = await keep(NatsServer.start(), (server) => server.stop())
    const bus = await busOverNats(keep, nats.url)
    for (const market of markets) {
      const { lotIds, databaseUrl } = market
      const title = `${figure(lotIds.length)} lots watched`
      say(`Having ${title}.`)
      const stage = { lotId: lotIds[0] ?? '', databaseUrl, secret, natsUrl: nats.url }
      const watched = await Watched.open(keep, bus, stage, lotIds)
      sizes.push(
        sizeOf('delivery', title, async () => ({
          ...(await watched.deliver(measureMs)),
          'postgres µs': 0,
        })),
      )
    }
    const archives: Archive[] = []
    for (const messages of scale.messages) {
      say(`Storing ${figure(messages)} messages.`)
      const archive = await Archive.open(keep, postgres, { messages, talkers: scale.people })
      archives.push(archive)
      const title = `${figure(messages)} messages stored`
      sizes.push(sizeOf('message', title, () => archive.say(measureMs)))
      sizes.push(sizeOf('page', title, () => archive.read(measureMs)))
    }
    const turns = sizes.map(({ turn }) => turn)
    const found = await takeRounds(turns, options)
    for (const audited of [...markets, ...archives]) await audited.audit()
    return reportOf(sizes, found, scale)
  })
}

function sizeOf(what: What, title: string, measure: () => Promise<Cost>): Size {
  return { what, title, turn: { name: `${what}, ${title}`, measure } }
}

function reportOf(
  sizes: readonly Size[],
  found: readonly Rounds<keyof Cost>[],
  scale: GrowthScale,
): Section {
  const of = (what: What) =>
    sizes.flatMap((size, nth) => {
      const rounds = found[nth]
      if (size.what !== what || rounds === undefined) return []
      return [{ title: size.title, rounds, cost: mediansOf<keyof Cost>(rounds) }]
    })
  const [bids, deliveries] = [of('bid'), of('delivery')]
  const [messages, pages] = [of('message'), of('page')]
  return {
    name: 'growth',
    title: 'Growth',
    says: 'What a bid and a delivery cost where few lots are open and where many are, and what a message and a page of a history cost where few messages are stored and where many are: microseconds of a processor, in the process that decides or serves it and in PostgreSQL.',
    conditions: [
      `${figure(scale.people)} bidders, who bid on ${lotsAtOnce} lots at a time and go from one ten to the next, so that batches hold as many bids on as many lots; the engines of all sizes, with their bidders and buses, are in one process.`,
      `A gateway, which hears of events through NATS, is in a process of its own; each lot has ${watchersEach} watchers, and ten lots of different watchers have an event at a time. What is not heard once and in order ends the run.`,
      `${figure(scale.people)} talkers in 64 rooms, which are spread over all that are stored; the chat stores of all sizes, with their talkers and buses, are in that process as well. Messages are stored by SQL beforehand, with all that is kept of each, in rooms of 100, on a database for each size; a page of history has 50 messages and is read by HTTP from a whole server.`,
      ...shortOfGoal(scale),
      'What was answered is compared with what is stored, as in the benches of bids and messages.',
    ],
    tables: [
      tableOf('A bid', bids),
      tableOf('A delivery', deliveries),
      tableOf('A message', messages),
      tableOf('A page of history', pages),
    ],
    goals: [
      goalOf('a bid', bids),
      goalOf('a delivery', deliveries),
      goalOf('a message', messages),
      goalOf('a page', pages),
    ],
  }
}

/** Where fewer messages are stored than the goal asks for: how many, and why. */
function shortOfGoal({ messages }: GrowthScale): readonly string[] {
  const most = Math.max(...messages)
  if (most >= messagesWanted) return []
  return [
    `At most ${figure(most)} messages are stored, where the goal says ${figure(messagesWanted)}: to store so many takes ${storing}, before anything is measured. How it goes on from there is not known.`,
  ]
}

interface Row {
  readonly title: string
  readonly rounds: Rounds<keyof Cost>
  /** The medians of the rounds. */
  readonly cost: Cost
}

const total = (cost: Cost): number => cost['own µs'] + cost['postgres µs']

function tableOf(title: string, rows: readonly Row[]): Table {
  const base = rows[0] === undefined ? 0 : total(rows[0].cost)
  return {
    title,
    head: ['', 'process µs', 'PostgreSQL µs', 'together', 'ratio'],
    rows: rows.map((row) => [
      row.title,
      figure(row.cost['own µs']),
      figure(row.cost['postgres µs']),
      figure(total(row.cost)),
      ratio(total(row.cost), base),
    ]),
  }
}

/** The size that costs most more, or most less, than the smallest in the same round. */
function goalOf(what: string, rows: readonly Row[]): GoalVerdict {
  const [least, ...others] = rows
  if (least === undefined) throw new Error(`${what} was not measured`)
  const compared = others.map((row) => ({
    ...row,
    times: timesInRound(row.rounds, least.rounds, total),
  }))
  const [worst] = compared.toSorted((one, other) => growthOf(other.times) - growthOf(one.times))
  if (worst === undefined) throw new Error(`${what} was measured at one size alone`)
  const more = (name: keyof Cost) => Math.abs(worst.cost[name] - least.cost[name])
  const where = more('own µs') > more('postgres µs') ? 'the process' : 'PostgreSQL'
  return {
    goal: 'P17',
    says: `${what} with ${worst.title}, the worst size, against ${least.title}`,
    wanted: `${figure(1 - growthMax)} to ${figure(1 + growthMax)} ×`,
    measured: `${figure(worst.times)} ×`,
    holds: growthOf(worst.times) <= growthMax,
    boundBy: `most of the difference is in ${where}`,
  }
}

/** How far from the same cost. */
function growthOf(times: number): number {
  return Math.abs(times - 1)
}
