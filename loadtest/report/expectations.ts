// What may be expected of a load test: a closed table, each with its unit and where the figure comes from.
import type { Rule } from '../../history/violation.ts'
import { COUNTS, type CountName, LATENCIES, type LatencyName } from '../run/measures.ts'
import type { RunResult } from '../run/run.ts'

export interface Expectation {
  /** What the figure is, and of which time. */
  readonly says: string
  readonly unit: 'devices' | 'times' | 'a second' | 'ms' | 'bytes' | 'cores' | 'violations'
  /** Undefined where it was not measured, which fulfils no expectation. */
  readonly read: (result: RunResult) => number | undefined
}

/** By which something is lost to somebody: acknowledged and missing, never decided, or never told or heard. */
const LOSSES: ReadonlySet<Rule> = new Set([
  'acknowledged_missing',
  'unresolved',
  'hole',
  'left_behind',
  'untold',
])

const OF_THE_RUN = {
  connections: {
    says: 'the most devices that were connected at the same time, while it was measured',
    unit: 'devices',
    read: ({ timeline }) =>
      most(
        timeline.seconds
          .filter(({ phase }) => phase === 'perform')
          .map(({ levels }) => levels.connected),
      ),
  },
  errors: {
    says: 'whatever went wrong, from the first device to the end, refused commands included',
    unit: 'times',
    read: ({ timeline }) => sum(timeline.whole.errors.values()),
  },
  faults: {
    says: 'what the auditor found',
    unit: 'violations',
    read: ({ audit }) => audit?.count,
  },
  lost: {
    says: 'what the auditor found to be lost: acknowledged and missing, never decided, or never told or heard; those it did not keep counted as such',
    unit: 'violations',
    read: ({ audit }) => {
      if (audit === undefined) return undefined
      const { violations, count } = audit
      return count - violations.filter(({ rule }) => !LOSSES.has(rule)).length
    },
  },
  bytesPerConnection: {
    says: 'by how much the resident memory of the servers grew until all devices were there, for each connection (--metrics-url)',
    unit: 'bytes',
    read: ({ serverCosts }) => {
      const connections = sum(serverCosts.map((cost) => cost.connections))
      if (connections === 0) return undefined
      const grown = serverCosts.map((cost) => cost.residentHeldBytes - cost.residentBeforeBytes)
      return sum(grown) / connections
    },
  },
  deviceBytes: {
    says: 'what a device costs the load test itself',
    unit: 'bytes',
    read: ({ bytesPerDevice }) => most(bytesPerDevice),
  },
  storeRecoveries: {
    says: 'streams of those who came back that gateways recovered from the database; the others cost it nothing (--metrics-url)',
    unit: 'times',
    read: ({ timeline }) => {
      const told = new Map<string, number>()
      for (const { servers } of timeline.seconds) {
        for (const [name, { storeRecoveries }] of Object.entries(servers)) {
          if (storeRecoveries !== undefined) told.set(name, storeRecoveries)
        }
      }
      return told.size === 0 ? undefined : sum(told.values())
    },
  },
  serverCores: {
    says: 'processor time of all servers together, seconds a second, on average while it was measured (--metrics-url)',
    unit: 'cores',
    read: ({ timeline }) => {
      const used = timeline.seconds
        .filter(({ phase }) => phase === 'perform')
        .map(({ servers }) => Object.values(servers).flatMap(({ cpuCores = [] }) => cpuCores))
        .filter((cores) => cores.length > 0)
      return used.length === 0 ? undefined : sum(used.map(sum)) / used.length
    },
  },
} as const satisfies Record<string, Expectation>

/** How often something happened while it was measured, and how often a second. */
const OF_COUNTS = Object.entries(COUNTS).flatMap(([name, says]): [string, Expectation][] => {
  const times = ({ timeline }: RunResult) =>
    timeline.performedSeconds === 0
      ? undefined
      : (timeline.measured.counts.get(name as CountName) ?? 0)
  const perSecond: Expectation['read'] = (result) => {
    const count = times(result)
    return count === undefined ? undefined : count / result.timeline.performedSeconds
  }
  return [
    [name, { says, unit: 'times', read: times }],
    [`${name}PerSecond`, { says, unit: 'a second', read: perSecond }],
  ]
})

const PERCENTILES = [
  ['p50Ms', 'p50', 'half took no longer'],
  ['p90Ms', 'p90', '90 % took no longer'],
  ['p99Ms', 'p99', '99 % took no longer'],
  ['p999Ms', 'p999', '99.9 % took no longer'],
  ['maxMs', 'max', 'the longest'],
] as const

/** While it was measured; connections are made before, so those of the ramp are in it. */
const OF_LATENCIES = Object.entries(LATENCIES).flatMap(([name, what]): [string, Expectation][] =>
  PERCENTILES.map(([suffix, percentile, says]) => [
    `${name}.${suffix}`,
    {
      says: `${what}: ${says}`,
      unit: 'ms',
      read: ({ timeline }) => {
        const tally = name === 'connect' ? timeline.whole : timeline.measured
        return tally.latency(name as LatencyName)?.[percentile]
      },
    },
  ]),
)

/** By the name under which a target file speaks of them. */
export const EXPECTATIONS: Readonly<Record<string, Expectation>> = {
  ...OF_THE_RUN,
  ...Object.fromEntries(OF_COUNTS),
  ...Object.fromEntries(OF_LATENCIES),
}

/** What a target file wants of one figure. */
export interface Bounds {
  readonly atLeast?: number
  readonly atMost?: number
}

/** One bound, and whether the run kept it. */
export interface Verdict {
  readonly name: string
  readonly says: string
  readonly unit: Expectation['unit']
  readonly bound: keyof Bounds
  readonly target: number
  /** Null where it was not measured. */
  readonly measured: number | null
  readonly holds: boolean
}

/** @param expected by names of `EXPECTATIONS` */
export function verdictsOn(
  result: RunResult,
  expected: Readonly<Record<string, Bounds>>,
): Verdict[] {
  return Object.entries(expected).flatMap(([name, bounds]) => {
    const expectation = EXPECTATIONS[name]
    if (expectation === undefined) throw new RangeError(`nothing is known of ${name}`)
    const { says, unit, read } = expectation
    const measured = read(result) ?? null
    return (['atLeast', 'atMost'] as const).flatMap((bound): Verdict[] => {
      const target = bounds[bound]
      if (target === undefined) return []
      const holds =
        measured !== null && (bound === 'atLeast' ? measured >= target : measured <= target)
      return [{ name, says, unit, bound, target, measured, holds }]
    })
  })
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}

function most(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}
