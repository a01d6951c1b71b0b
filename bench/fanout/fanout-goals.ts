// What came of the goals of the fan-out: P1 and P14.
import type { PeerName } from '../peers/words.ts'
import { figure } from '../report.ts'
import type { GoalVerdict } from '../section.ts'
import { atLeast } from '../verdict.ts'
import { type Cell, type Measured, rateOf, timesOf } from './cells.ts'

/** Of what the bare library does with the same bytes. */
const shareOfRawMin = 0.9
const timesSocketIoMin = 12
const timesSocketIoUwsMin = 1.05
const manyToFewMin = 0.9

interface Comparison {
  readonly against: PeerName
  /** At least so many times what the other does. */
  readonly wanted: number
  readonly says: string
}

export function goalsOf(measured: readonly Measured[]): readonly GoalVerdict[] {
  const cells = [...new Set(measured.map(({ cell }) => cell))]
  const most = Math.max(...cells.map(({ watchers }) => watchers))
  const typical = cells.find(
    ({ watchers, eventsPerTick, size }) =>
      watchers === most && eventsPerTick === 8 && size === 'short',
  )
  const compared = cells.filter(({ eventsPerTick }) => eventsPerTick <= 32)
  const where = `at ${figure(most)} watchers and 8 events a tick`
  return [
    worst(measured, compared, {
      against: 'raw',
      wanted: shareOfRawMin,
      says: 'against uWebSockets.js alone',
    }),
    ...(typical === undefined
      ? []
      : [
          worst(measured, [typical], {
            against: 'socketIo',
            wanted: timesSocketIoMin,
            says: `against Socket.IO, ${where}`,
          }),
        ]),
    worst(measured, compared, {
      against: 'socketIoUws',
      wanted: timesSocketIoUwsMin,
      says: 'against Socket.IO on uWebSockets.js',
    }),
    ...cliff(measured, cells),
  ]
}

/** The goal holds where it holds in the cell where Outcry is worst. */
function worst(
  measured: readonly Measured[],
  cells: readonly Cell[],
  { against, wanted, says }: Comparison,
): GoalVerdict {
  const found = cells.map((cell) => ({
    cell,
    ratio: timesOf(measured, { cell, peer: 'outcry' }, { cell, peer: against }),
  }))
  const [least] = found.toSorted((one, other) => one.ratio - other.ratio)
  const at =
    least === undefined || cells.length === 1
      ? ''
      : ` at worst (${figure(least.cell.watchers)} watchers, ${least.cell.eventsPerTick} ${least.cell.size} a tick)`
  return atLeast(wanted, {
    goal: 'P1',
    says,
    measured: least?.ratio ?? 0,
    unit: ' ×',
    beside: at,
    boundBy: boundOf(measured, least?.cell, against),
  })
}

/** What the library alone takes or reaches there. */
function boundOf(measured: readonly Measured[], cell: Cell | undefined, against: PeerName): string {
  if (cell === undefined) return 'not measured'
  const rate = (peer: PeerName) => rateOf(measured, cell, peer)
  if (against !== 'raw') {
    return `the library alone reaches ${figure(rate('raw') / rate(against))} × there`
  }
  const tickUs = (peer: PeerName) => (cell.watchers * cell.eventsPerTick * 1e6) / rate(peer)
  return `a tick takes ${figure(tickUs('outcry'))} µs of the server, and ${figure(tickUs('raw'))} µs with the library alone`
}

function cliff(measured: readonly Measured[], cells: readonly Cell[]): readonly GoalVerdict[] {
  const many = cells.find(({ eventsPerTick }) => eventsPerTick === 128)
  const few = cells.find(
    ({ eventsPerTick, watchers }) => eventsPerTick === 32 && watchers === many?.watchers,
  )
  if (many === undefined || few === undefined) return []
  const ways = [
    ['outcry', 'told in one turn'],
    ['outcryOverNats', 'arriving from NATS in one read'],
  ] as const
  const kept = (peer: PeerName) => timesOf(measured, { cell: many, peer }, { cell: few, peer })
  return ways.map(([peer, says]) =>
    atLeast(manyToFewMin, {
      goal: 'P14',
      says: `deliveries/s per core with 128 events ${says} to those with 32`,
      measured: kept(peer),
      unit: ' ×',
      boundBy: `the library alone keeps ${figure(kept('raw'))} × there`,
    }),
  )
}
