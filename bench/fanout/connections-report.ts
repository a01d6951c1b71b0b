// What connections cost, as a section, and what came of the goals: P2, P3 and P13.
import type { PeerName } from '../peers/words.ts'
import { figure, ratio } from '../report.ts'
import type { GoalVerdict, Section } from '../section.ts'
import { type Figures, type Rounds, timesInRound } from '../turns.ts'
import { atLeast, atMost } from '../verdict.ts'
import { PEER_TITLES } from './fanout-tables.ts'
import { versionsCompared } from './versions.ts'
import type { ConnectionsScale, CostName } from './visit.ts'

/** What the connections of a peer were found to cost. */
export interface Cost {
  readonly peer: PeerName
  readonly rounds: Rounds<CostName>
  /** Their medians. */
  readonly figures: Figures<CostName>
  /** Of one core, while nobody does anything but answer pings; for 100,000 connections. */
  readonly idleShare: number
}

const bytesEachMax = 2_500
/** Pages and pools are had by the piece. */
const growthMax = 1.1
const comingMin = 0.2
const comingAgainMin = 0.4
const idlePercentMax = 5

export async function reportOf(costs: readonly Cost[], scale: ConnectionsScale): Promise<Section> {
  const { fewer, held, idleSeconds } = scale
  const raw = costOf(costs, 'raw')
  return {
    name: 'connections',
    title: 'Connections',
    says: 'What a connection costs its server while it does nothing, and what it costs to come. Memory is what the process of the server grows by, after everything dead is collected; the memory of the kernel, about 5 KB for each end, comes on top for everybody. Time is that of the whole process of the server, its other threads included; that of PostgreSQL, which Outcry alone asks, is not counted.',
    conditions: [
      `In each round each server is started anew and filled, ${figure(fewer)} connections first and then up to ${figure(held)}, 256 handshakes under way; those who come again are the first ${figure(fewer)}.`,
      `Idle are all servers at once, ${figure(held)} connections each, for ${idleSeconds} s a round, and the figure is scaled up to 100,000. In that time Outcry and Socket.IO ping every client once; uWebSockets.js does so every two minutes, and ws never.`,
      'Outcry’s connections bring a token (HS256), are greeted, and watch their user’s channel and a lot, with a real database and without limits; the others are let in unseen, and join as many topics or rooms.',
      'Every connection is told three events before it leaves, and has to hear each once and in order.',
      `${await versionsCompared()}.`,
    ],
    tables: [
      {
        title: 'Idle',
        head: [
          '',
          `bytes each of ${figure(fewer)}`,
          `of ${figure(held)}`,
          'to uWebSockets.js',
          'of a core for 100,000',
        ],
        rows: costs.map(({ peer, figures, idleShare }) => [
          PEER_TITLES[peer],
          figure(figures['bytes each of fewer']),
          figure(figures['bytes each']),
          ratio(figures['bytes each'], raw.figures['bytes each']),
          `${figure(idleShare * 100)} %`,
        ]),
      },
      comingTable('Coming for the first time', 'µs each', costs),
      comingTable('Coming again, with a token seen before', 'µs each again', costs),
    ],
    goals: goalsOf(costOf(costs, 'outcry'), raw, scale),
  }
}

function comingTable(title: string, name: 'µs each' | 'µs each again', costs: readonly Cost[]) {
  const raw = costOf(costs, 'raw').figures[name]
  const isFirst = name === 'µs each'
  return {
    title,
    head: [
      '',
      'µs of the server each',
      'connections/s per core',
      'to uWebSockets.js',
      ...(isFirst ? ['clients and server, connections/s'] : []),
    ],
    rows: costs.map(({ peer, figures }) => [
      PEER_TITLES[peer],
      figure(figures[name]),
      figure(1e6 / figures[name]),
      ratio(raw, figures[name]),
      ...(isFirst ? [figure(figures['connections/s'])] : []),
    ]),
  }
}

function costOf(costs: readonly Cost[], peer: PeerName): Cost {
  const cost = costs.find((one) => one.peer === peer)
  if (cost === undefined) throw new Error(`${peer} was not measured`)
  return cost
}

function goalsOf(
  own: Cost,
  raw: Cost,
  { fewer, held, idleSeconds }: ConnectionsScale,
): readonly GoalVerdict[] {
  const bytes = own.figures['bytes each']
  const bytesOfFewer = own.figures['bytes each of fewer']
  const lastEach = (bytes * held - bytesOfFewer * fewer) / (held - fewer)
  return [
    atMost(bytesEachMax, {
      goal: 'P2',
      says: `bytes for each of ${figure(held)}, known and subscribed to two channels`,
      measured: bytes,
      unit: '',
      boundBy: `uWebSockets.js alone takes ${figure(raw.figures['bytes each'])} of them`,
    }),
    atMost(growthMax, {
      goal: 'P2',
      says: `bytes for each of ${figure(held)} to those of ${figure(fewer)}`,
      measured: bytes / bytesOfFewer,
      unit: ' ×',
      boundBy: `each of the last ${figure(held - fewer)} takes ${figure(lastEach)} bytes`,
    }),
    coming('a token seen for the first time', 'µs each', comingMin, own, raw),
    coming('a token seen before', 'µs each again', comingAgainMin, own, raw),
    atMost(idlePercentMax, {
      goal: 'P13',
      says: 'of a core for 100,000 idle connections, pings included',
      measured: own.idleShare * 100,
      unit: ' %',
      boundBy: `each is pinged every ${idleSeconds} s; uWebSockets.js alone, nearly without pings, is at ${figure(raw.idleShare * 100)} %`,
    }),
  ]
}

/** Against the library, which lets in unseen. */
function coming(
  says: string,
  name: 'µs each' | 'µs each again',
  wanted: number,
  own: Cost,
  raw: Cost,
): GoalVerdict {
  return atLeast(wanted, {
    goal: 'P3',
    says: `${says}, against uWebSockets.js letting in unseen`,
    measured: timesInRound(raw.rounds, own.rounds, (figures) => figures[name]),
    unit: ' ×',
    beside: ` (${figure(1e6 / own.figures[name])}/s)`,
    boundBy: `each takes ${figure(own.figures[name])} µs of the server; uWebSockets.js alone takes ${figure(raw.figures[name])} of them`,
  })
}
