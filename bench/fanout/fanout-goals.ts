// What came of the goals of the fan-out: P1 and P14.
import type { PeerName } from '../peers/words.ts'
import { figure } from '../report.ts'
import type { GoalVerdict } from '../section.ts'
import { type Cell, type Measured, rateOf } from './cells.ts'

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
  const where = `at ${most.toLocaleString('en-US')} watchers and 8 events a tick`
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
    ratio: rateOf(measured, cell, 'outcry') / rateOf(measured, cell, against),
  }))
  const [least] = found.toSorted((one, other) => one.ratio - other.ratio)
  const times = least?.ratio ?? 0
  const at =
    least === undefined || cells.length === 1
      ? ''
      : ` at worst (${least.cell.watchers.toLocaleString('en-US')} watchers, ${least.cell.eventsPerTick} ${least.cell.size} a tick)`
  return {
    goal: 'P1',
    says,
    wanted: `≥ ${wanted} ×`,
    measured: `${figure(times)} ×${at}`,
    holds: times >= wanted,
    boundBy: boundOf(measured, least?.cell, against),
  }
}

/** What even the library alone reaches there is no matter of the gateway. */
function boundOf(measured: readonly Measured[], cell: Cell | undefined, against: PeerName): string {
  if (cell === undefined || against === 'raw') {
    return 'what the gateway does once for each event, which weighs the more the fewer watch'
  }
  const raw = rateOf(measured, cell, 'raw') / rateOf(measured, cell, against)
  return `a system call for each socket and tick: the library alone reaches ${figure(raw)} × there`
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
  return ways.map(([peer, says]) => {
    const times = rateOf(measured, many, peer) / rateOf(measured, few, peer)
    return {
      goal: 'P14',
      says: `deliveries/s with 128 events ${says} to those with 32`,
      wanted: `≥ ${manyToFewMin} ×`,
      measured: `${figure(times)} ×`,
      holds: times >= manyToFewMin,
      boundBy: 'the bytes of a tick, which the system copies for each socket',
    }
  })
}
