// What a load test found, whole: the terminal, the file for programs and the page for people show the same.
import type { Violation } from '../../history/violation.ts'
import type { Target } from '../command/target-file.ts'
import type { CountName, LatencyName, Percentiles, Tally } from '../run/measures.ts'
import type { AnyPlan } from '../run/plan.ts'
import type { RunResult } from '../run/run.ts'
import type { Second } from '../run/timeline.ts'
import type { ServerCost } from '../servers-watch.ts'
import type { Conditions } from './conditions.ts'
import { type Verdict, verdictsOn } from './expectations.ts'

/** What `--json` writes. A field that is added leaves `format` as it is; one that changes its sense does not. */
export interface Report {
  readonly format: 1
  readonly outcome: Outcome
  /** The outcome in one sentence. */
  readonly says: string
  /** Why the run ended before its time; absent where it did not. */
  readonly brokenOff?: string
  /** What the target file says of itself. */
  readonly about?: string
  /** What was done, and against what; addresses of databases are left out. */
  readonly plan: AnyPlan
  readonly conditions: Conditions
  readonly verdicts: readonly Verdict[]
  /** Of the measured time, without the ramp. */
  readonly measured: Figures & { readonly seconds: number }
  readonly ramp: Figures
  /** By kind, from the first device to the end. */
  readonly errors: Readonly<Record<string, number>>
  /** What a device costs the dearest process of the load test. */
  readonly bytesPerDevice?: number
  readonly serverCosts: readonly ServerCost[]
  /** Absent where nothing was judged. */
  readonly audit?: {
    readonly by: string
    readonly judged: Readonly<Record<string, number>>
    /** Of violations, those included that are not listed. */
    readonly count: number
    readonly violations: readonly Violation[]
  }
  readonly timeline: readonly Second[]
}

/** `passed` only if the run came to its end, every target holds and the auditor found nothing. */
export type Outcome = 'passed' | 'missed' | 'faulty' | 'broken off'

export interface Figures {
  readonly counts: Readonly<Partial<Record<CountName, number>>>
  readonly latencies: Readonly<Partial<Record<LatencyName, Percentiles>>>
}

export interface Found {
  readonly plan: AnyPlan
  readonly target: Target | undefined
  readonly result: RunResult
  readonly conditions: Conditions
}

export function reportOf({ plan, target, result, conditions }: Found): Report {
  const { timeline, audit, brokenOff, bytesPerDevice, serverCosts } = result
  const verdicts = verdictsOn(result, target?.expect ?? {})
  const outcome = outcomeOf(verdicts, result)
  const { databaseUrl: _secret, ...servers } = plan.servers
  return {
    format: 1,
    outcome,
    says: sentenceOf(outcome, verdicts, result),
    ...(brokenOff === undefined ? {} : { brokenOff: brokenOff.message }),
    ...(target?.says === undefined ? {} : { about: target.says }),
    plan: { ...plan, servers },
    conditions,
    verdicts,
    measured: { seconds: timeline.performedSeconds, ...figuresOf(timeline.measured) },
    ramp: figuresOf(timeline.ramp),
    errors: Object.fromEntries(timeline.whole.errors),
    ...(bytesPerDevice.length === 0 ? {} : { bytesPerDevice: Math.max(...bytesPerDevice) }),
    serverCosts,
    ...(audit === undefined ? {} : { audit }),
    timeline: timeline.seconds,
  }
}

function outcomeOf(verdicts: readonly Verdict[], { audit, brokenOff }: RunResult): Outcome {
  if (brokenOff !== undefined) return 'broken off'
  if ((audit?.count ?? 0) > 0) return 'faulty'
  return verdicts.every(({ holds }) => holds) ? 'passed' : 'missed'
}

function sentenceOf(
  outcome: Outcome,
  verdicts: readonly Verdict[],
  { audit, brokenOff }: RunResult,
): string {
  const held = verdicts.filter(({ holds }) => holds).length
  const ofTargets =
    verdicts.length === 0 ? 'No targets were set' : `${held} of ${verdicts.length} targets hold`
  const judged = audit === undefined ? 'nothing was judged' : 'the auditor found no fault'
  switch (outcome) {
    case 'broken off':
      return `The run was broken off: ${brokenOff?.message}`
    case 'faulty':
      return `The auditor found ${audit?.count} ${audit?.count === 1 ? 'fault' : 'faults'}; ${lower(ofTargets)}.`
    case 'missed':
      return `${ofTargets}; ${judged}.`
    case 'passed':
      return verdicts.length === 0
        ? `The run came to its end; ${judged}.`
        : `Every target holds (${held} of ${held}); ${judged}.`
  }
}

const lower = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1)}`

function figuresOf(tally: Tally): Figures {
  return {
    counts: Object.fromEntries(tally.counts),
    latencies: Object.fromEntries(tally.latencyNames().map((name) => [name, tally.latency(name)])),
  }
}
