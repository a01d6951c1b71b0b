// The plots of a report: which there are, and the numbers in them.
import {
  COUNTS,
  type CountName,
  LATENCIES,
  type LatencyName,
  LEVELS,
  type LevelName,
} from '../run/measures.ts'
import type { Second } from '../run/timeline.ts'
import type { ServerReading } from '../servers-watch.ts'

export interface Series {
  readonly name: string
  /** One for each of the plot's times; null where nothing was measured. */
  readonly values: readonly (number | null)[]
}

export interface Figure {
  /** Of letters and dashes: it names the place in the page. */
  readonly id: string
  readonly title: string
  /** Why one looks at it. */
  readonly says: string
  readonly unit: string
  /** Times differ by orders of magnitude. */
  readonly isLogarithmic: boolean
  readonly series: readonly Series[]
}

export interface Figures {
  /** Seconds since the run began. */
  readonly times: readonly number[]
  /** How many seconds a point stands for. */
  readonly secondsAPoint: number
  /** Where the measured time begins and ends, in seconds since the run began. */
  readonly measured: readonly [number, number] | null
  readonly figures: readonly Figure[]
}

/** More than any screen shows; those of a day are drawn together. */
const pointsMax = 1_200
const errorKindsShown = 6
/** Publications are many times as many as commands, and would flatten them. */
const heard: ReadonlySet<CountName> = new Set(['deliveries', 'conflated'])

export function figuresOf(seconds: readonly Second[]): Figures {
  const secondsAPoint = Math.max(1, Math.ceil(seconds.length / pointsMax))
  const points = pointsOf(seconds, secondsAPoint)
  const figures = [
    ratesFigure(points, 'commands', 'Commands and connections', (name) => !heard.has(name)),
    ratesFigure(points, 'publications', 'Publications heard', (name) => heard.has(name)),
    ...latencyFigures(points),
    levelsFigure(points),
    errorsFigure(points),
    ...serverFigures(points),
  ].filter(({ series }) => series.some(({ values }) => values.some((value) => value !== null)))
  const measured = seconds.filter(({ phase }) => phase === 'perform').map(({ at }) => at)
  const [first] = measured
  return {
    times: points.map(([{ at } = { at: 0 }]) => at),
    secondsAPoint,
    measured: first === undefined ? null : [first, (measured.at(-1) ?? first) + 1],
    figures,
  }
}

/** The seconds that each point stands for. */
type Points = readonly (readonly Second[])[]

function pointsOf(seconds: readonly Second[], each: number): Points {
  return Array.from({ length: Math.ceil(seconds.length / each) }, (_, nth) =>
    seconds.slice(nth * each, (nth + 1) * each),
  )
}

function ratesFigure(
  points: Points,
  id: string,
  title: string,
  belongs: (name: CountName) => boolean,
): Figure {
  const names = (Object.keys(COUNTS) as CountName[]).filter(
    (name) => belongs(name) && points.flat().some(({ counts }) => counts[name] !== undefined),
  )
  return {
    id,
    title,
    says: 'How often each happened, in each second.',
    unit: '/s',
    isLogarithmic: false,
    series: names.map((name) => ({
      name: COUNTS[name],
      values: points.map((some) => meanOf(some.map(({ counts }) => counts[name] ?? 0))),
    })),
  }
}

const percentiles = [
  ['p50', 'p50'],
  ['p99', 'p99'],
  ['max', 'most'],
] as const

function latencyFigures(points: Points): Figure[] {
  const names = Object.keys(LATENCIES) as LatencyName[]
  return names.map((timed) => ({
    id: `latency-${timed}`,
    title: LATENCIES[timed],
    says: 'How long it took those that ended in each second: half no longer than p50, 99 % no longer than p99.',
    unit: 'ms',
    isLogarithmic: true,
    series: percentiles.map(([percentile, name]) => ({
      name,
      values: points.map((some) =>
        mostOf(some.map(({ latencies }) => latencies[timed]?.[percentile])),
      ),
    })),
  }))
}

function levelsFigure(points: Points): Figure {
  return {
    id: 'levels',
    title: 'Devices connected, and commands waiting',
    says: 'How many there were at the end of each second.',
    unit: '',
    isLogarithmic: false,
    series: (Object.keys(LEVELS) as LevelName[])
      .map((name) => ({
        name: LEVELS[name],
        values: points.map((some) => mostOf(some.map(({ levels }) => levels[name]))),
      }))
      .filter(({ values }) => values.some((value) => value !== null)),
  }
}

function errorsFigure(points: Points): Figure {
  const totals = new Map<string, number>()
  for (const { errors } of points.flat()) {
    for (const [kind, times] of Object.entries(errors))
      totals.set(kind, (totals.get(kind) ?? 0) + times)
  }
  const kinds = [...totals].toSorted(([, one], [, other]) => other - one).map(([kind]) => kind)
  return {
    id: 'errors',
    title: 'Errors',
    says:
      kinds.length > errorKindsShown
        ? `The ${errorKindsShown} most frequent of ${kinds.length} kinds, in each second.`
        : 'By kind, in each second.',
    unit: '/s',
    isLogarithmic: false,
    series: kinds.slice(0, errorKindsShown).map((kind) => ({
      name: kind,
      values: points.map((some) => meanOf(some.map(({ errors }) => errors[kind] ?? 0))),
    })),
  }
}

const mebibyte = 2 ** 20
const READINGS = [
  [
    'residentBytes',
    'memory',
    'Memory of the servers',
    'Resident memory of each process.',
    'MiB',
    mebibyte,
  ],
  [
    'cpuCores',
    'processor',
    'Processor of the servers',
    'Seconds of processor time a second: 1 is a whole core.',
    'cores',
    1,
  ],
  [
    'eventLoopDelayMs',
    'event-loop',
    'Delay of the servers’ event loops',
    'How late timers were, at the 99th percentile.',
    'ms',
    1,
  ],
  [
    'connections',
    'server-connections',
    'Connections of the servers',
    'As they count them themselves.',
    '',
    1,
  ],
  [
    'bufferedBytes',
    'buffered',
    'Waiting in the servers’ sockets',
    'For readers that do not keep up.',
    'KiB',
    1_024,
  ],
] as const satisfies readonly (readonly [
  keyof ServerReading,
  string,
  string,
  string,
  string,
  number,
])[]

function serverFigures(points: Points): Figure[] {
  const names = [...new Set(points.flat().flatMap(({ servers }) => Object.keys(servers)))]
  return READINGS.map(([field, id, title, says, unit, divisor]) => ({
    id,
    title,
    says,
    unit,
    isLogarithmic: false,
    series: names
      .map((name) => ({
        name,
        values: points.map((some) => {
          const most = mostOf(some.map(({ servers }) => servers[name]?.[field]))
          return most === null ? null : most / divisor
        }),
      }))
      .filter(({ values }) => values.some((value) => value !== null)),
  }))
}

function mostOf(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? null : Math.max(...known)
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
