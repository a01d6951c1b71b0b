// A storm of bids on one lot costs the sockets what twenty a second cost: the engine tells a state for all that
// happened since the last one. The gateway stands alone in its process, behind NATS, so that its time is that of
// the sockets and of what it hears.
import { busOverNats } from '../bids/engine-ways.ts'
import { quantile } from '../closed-loop.ts'
import { EngineProcesses } from '../engine-processes.ts'
import { tokenSecret } from '../givens.ts'
import type { Keep } from '../keeping.ts'
import { openLot } from '../lot-commands.ts'
import { Pair } from '../peers/pair.ts'
import { figure, median } from '../report.ts'
import type { BenchOptions, GoalVerdict, Section } from '../section.ts'
import { atMost } from '../verdict.ts'
import { Bidding } from './bidding.ts'
import { percent } from './fanout-tables.ts'

export interface StormScale {
  readonly watchers: number
  /** At most: fewer where they are not answered as fast. */
  readonly bidsPerSecond: number
  /** A turn has to hold some dozens of states, however short the turns of other benches are. */
  readonly secondsMin: number
}

/** One turn of bidding at a rate. */
interface Turn {
  readonly acceptedPerSecond: number
  readonly statesPerSecond: number
  /** Of one core, from 0 to 1. */
  readonly gatewayShare: number
  /** The same of all watchers, who are one process. */
  readonly watchersShare: number
  /** From the answer to a bid until the last watcher has its state, or a later one. */
  readonly lastWatcherMs: readonly number[]
}

/** As many as are told one by one. */
const calmBidsPerSecond = 20
const leadInMs = 1_000
/** Noise of a busy machine, and NATS handing over frames of twenty states instead of one. */
const sameCostMax = 1.25
const lastWatcherP99MsMax = 50

export async function conflation(
  keep: Keep,
  { rounds, seconds, say }: BenchOptions,
  { watchers, bidsPerSecond, secondsMin }: StormScale,
): Promise<Pick<Section, 'conditions' | 'tables' | 'goals'>> {
  say('Starting a throw-away PostgreSQL, a NATS, an engine and a gateway.')
  const engines = await EngineProcesses.start(keep)
  const { natsUrl, databaseUrl } = engines
  const bus = await busOverNats(keep, natsUrl)
  await engines.add()
  const lotId = await openLot(bus, { step: 1 })
  const stage = { lotId, databaseUrl, natsUrl, secret: tokenSecret }
  const pair = await keep(Pair.start('outcryOverNats', stage), (started) => started.end())
  await pair.join({ watchers, conflated: true })
  const bidding = new Bidding(bus, lotId)
  const turnMs = Math.max(seconds, secondsMin) * 1_000
  const rates = [calmBidsPerSecond, bidsPerSecond] as const
  const turns: readonly Turn[][] = rates.map(() => [])
  for (let round = 1; round <= rounds; round += 1) {
    for (const [nth, rate] of rates.entries()) {
      const turn = await measure(pair, bidding, rate, turnMs)
      turns[nth]?.push(turn)
      say(
        `round ${round} of ${rounds}, ${figure(turn.acceptedPerSecond)} bids/s: ${percent(turn.gatewayShare)} of a core for ${figure(watchers)} watchers`,
      )
    }
  }
  return report(watchers, turnMs, turns)
}

async function measure(pair: Pair, bidding: Bidding, rate: number, ms: number): Promise<Turn> {
  // What was said before is over, so that it counts nowhere.
  await bidding.settle(pair)
  // A calm lot tells some bids of a storm one by one before it tells states: what lasts is measured.
  await bidding.bid(pair, rate, leadInMs)
  const [server, crowd] = [await pair.server(), await pair.crowd()]
  const startedMs = performance.now()
  const { accepted, lastWatcherMs } = await bidding.bid(pair, rate, ms)
  const elapsedMs = performance.now() - startedMs
  const [serverAfter, crowdAfter] = [await pair.server(), await pair.crowd()]
  const states = crowdAfter.eventsEach - crowd.eventsEach
  return {
    acceptedPerSecond: (accepted * 1_000) / elapsedMs,
    statesPerSecond: (states * 1_000) / elapsedMs,
    gatewayShare: (serverAfter.cpuMs - server.cpuMs) / elapsedMs,
    watchersShare: (crowdAfter.cpuMs - crowd.cpuMs) / elapsedMs,
    lastWatcherMs,
  }
}

function report(
  watchers: number,
  turnMs: number,
  [calm = [], storm = []]: readonly (readonly Turn[])[],
) {
  const rows = [calm, storm].map((turns) => [
    `${figure(median(turns.map(({ acceptedPerSecond }) => acceptedPerSecond)))} bids/s`,
    figure(statesEach(turns)),
    percent(median(turns.map(({ gatewayShare }) => gatewayShare))),
    percent(median(turns.map(({ watchersShare }) => watchersShare))),
    figure(waitMs(turns, 0.5)),
    figure(waitMs(turns, 0.99)),
  ])
  const title = `A storm of bids, ${figure(watchers)} watchers`
  const head = [
    'accepted',
    'states/s to each watcher',
    'gateway at work',
    'watchers at work',
    'last watcher ms, median',
    'p99',
  ]
  return {
    conditions: [
      `In the storm of bids, whose turns take ${figure(turnMs / 1_000)} s, the gateway is alone in its process behind NATS, the engine in another one; the last watcher has a bid by its own state or by a later one, counted from the answer to its bidder.`,
    ],
    tables: [{ title, head, rows }],
    goals: goalsOf(watchers, calm, storm),
  }
}

/** In a second, to each watcher. */
function statesEach(turns: readonly Turn[]): number {
  return median(turns.map(({ statesPerSecond }) => statesPerSecond))
}

/** Of all bids: by when so large a share of them had come to the last watcher. */
function waitMs(turns: readonly Turn[], share: number): number {
  const waits = turns.flatMap((turn) => turn.lastWatcherMs)
  return quantile(
    waits.toSorted((one, other) => one - other),
    share,
  )
}

function goalsOf(
  watchers: number,
  calm: readonly Turn[],
  storm: readonly Turn[],
): readonly GoalVerdict[] {
  const share = (turns: readonly Turn[]) => median(turns.map(({ gatewayShare }) => gatewayShare))
  const bids = figure(median(storm.map(({ acceptedPerSecond }) => acceptedPerSecond)))
  return [
    atMost(sameCostMax, {
      goal: 'P10',
      says: `cost of the sockets at ${bids} bids/s to that at ${calmBidsPerSecond} bids/s`,
      measured: share(storm) / share(calm),
      unit: ' ×',
      boundBy: `every watcher hears ${figure(statesEach(storm))} states/s in the storm, and ${figure(statesEach(calm))} without it`,
    }),
    atMost(lastWatcherP99MsMax, {
      goal: 'P10',
      says: `from the answer to a bid until the last of ${figure(watchers)} watchers has it, p99`,
      measured: waitMs(calm, 0.99),
      unit: ' ms',
      boundBy: `at ${calmBidsPerSecond} bids/s the gateway is at work ${percent(share(calm))} of the time, and the process of the watchers ${percent(median(calm.map(({ watchersShare }) => watchersShare)))}`,
    }),
  ]
}
