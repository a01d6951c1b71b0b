// What connections cost, as a section, and what came of the goals: P2, P3 and P13.
import { figure, ratio } from '../report.ts'
import type { GoalVerdict, Section } from '../section.ts'
import type { ConnectionsScale, Cost } from './connections-cost.ts'
import { PEER_TITLES, percent } from './fanout-tables.ts'

const bytesEachMax = 2_500
const comingMin = 0.2
const comingAgainMin = 0.4
const idleShareMax = 0.05

export function reportOf(costs: readonly Cost[], scale: ConnectionsScale): Section {
  const { held, coming, idleSeconds } = scale
  return {
    name: 'connections',
    title: 'Connections',
    says: 'What a connection costs its server while it does nothing, and what it costs to come. Memory is what the process of the server grows by, after everything dead is collected; the memory of the kernel, about 5 KB for each end, comes on top for everybody. Time is that of the whole process of the server.',
    conditions: [
      `${figure(held)} connections to each server, idle for ${idleSeconds} s all at once; ${figure(coming)} at a time come, 256 handshakes under way.`,
      'Outcry’s connections bring a token (HS256), are greeted, and watch their user’s channel and a lot, with a real database; the others are let in unseen, and join as many topics or rooms.',
      'Afterwards every connection is told three events, and has to hear each once and in order.',
    ],
    tables: [
      {
        title: `Idle, ${figure(held)} connections`,
        head: ['', 'bytes each', 'to the library', 'of a core for 100,000'],
        rows: costs.map(({ peer, bytesEach, idleShare }) => [
          PEER_TITLES[peer],
          figure(bytesEach),
          ratio(bytesEach, costOf(costs, 'raw').bytesEach),
          `${figure(idleShare * 100)} %`,
        ]),
      },
      {
        title: 'Coming',
        head: ['', 'connections/s per core', 'to the library', 'coming again', 'to the library'],
        rows: costs.map(({ peer, comingPerSecond, comingAgainPerSecond }) => [
          PEER_TITLES[peer],
          figure(comingPerSecond),
          ratio(comingPerSecond, costOf(costs, 'raw').comingPerSecond),
          figure(comingAgainPerSecond),
          ratio(comingAgainPerSecond, costOf(costs, 'raw').comingAgainPerSecond),
        ]),
      },
    ],
    goals: goalsOf(costOf(costs, 'outcry'), costOf(costs, 'raw')),
  }
}

function costOf(costs: readonly Cost[], peer: Cost['peer']): Cost {
  const cost = costs.find((one) => one.peer === peer)
  if (cost === undefined) throw new Error(`${peer} was not measured`)
  return cost
}

function goalsOf(own: Cost, raw: Cost): readonly GoalVerdict[] {
  const first = own.comingPerSecond / raw.comingPerSecond
  const again = own.comingAgainPerSecond / raw.comingAgainPerSecond
  return [
    {
      goal: 'P2',
      says: 'bytes for each, known and subscribed to two channels',
      wanted: `≤ ${figure(bytesEachMax)}`,
      measured: figure(own.bytesEach),
      holds: own.bytesEach <= bytesEachMax,
      boundBy: 'objects of a session, its identity and its places on two channels',
    },
    {
      goal: 'P3',
      says: 'a token seen for the first time, against uWebSockets.js letting in unseen',
      wanted: `≥ ${comingMin} ×`,
      measured: `${figure(first)} × (${figure(own.comingPerSecond)}/s)`,
      holds: first >= comingMin,
      boundBy: 'checking the signature, and reading the user’s feed from the database',
    },
    {
      goal: 'P3',
      says: 'a token seen before',
      wanted: `≥ ${comingAgainMin} ×`,
      measured: `${figure(again)} × (${figure(own.comingAgainPerSecond)}/s)`,
      holds: again >= comingAgainMin,
      boundBy: 'reading the user’s feed from the database, and promises on the way to the greeting',
    },
    {
      goal: 'P13',
      says: 'of a core for 100,000 idle connections, pings included',
      wanted: `≤ ${percent(idleShareMax)}`,
      measured: `${figure(own.idleShare * 100)} %`,
      holds: own.idleShare <= idleShareMax,
      boundBy: 'a ping and its answer are two system calls',
    },
  ]
}
