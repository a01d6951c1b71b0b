// What a person sees of a running load test: a bar, the rates and times of the last second, and what went wrong;
// on a terminal in its place, elsewhere a line now and then.
import { COUNTS, LATENCIES, type Percentiles, type Tally } from './run/measures.ts'
import type { Plan } from './run/plan.ts'
import type { Progress } from './run/run.ts'
import type { Phase } from './run/timeline.ts'

type Output = Pick<NodeJS.WritableStream, 'write'> & {
  readonly isTTY?: boolean
  readonly columns?: number
}

export interface LiveView {
  show(progress: Progress): void
  /** Leaves what is shown, and the next line below it. */
  end(): void
}

const columnsDefault = 80
const barWidth = 30
const errorsShown = 5
/** Elsewhere than on a terminal: often enough to see that it lives. */
const linesEverySeconds = 5

export function createLiveView(plan: Plan, output: Output): LiveView {
  return output.isTTY === true ? drawn(plan, output) : lines(plan, output)
}

function drawn(plan: Plan, output: Output): LiveView {
  let height = 0
  return {
    show(progress) {
      const width = (output.columns ?? columnsDefault) - 1
      // A line that the terminal breaks would count for two.
      const picture = pictureOf(plan, progress).map((line) => line.slice(0, width))
      const erase = height === 0 ? '' : `\u001B[${height}A\u001B[J`
      output.write(`${erase}${picture.map((line) => `${line}\n`).join('')}`)
      height = picture.length
    },
    end() {
      height = 0
    },
  }
}

function lines(plan: Plan, output: Output): LiveView {
  let shown: Phase | undefined
  let secondsShown = 0
  return {
    show(progress) {
      const { phase, secondsInPhase } = progress
      if (phase === shown && secondsInPhase - secondsShown < linesEverySeconds) return
      shown = phase
      secondsShown = secondsInPhase
      output.write(`${pictureOf(plan, progress).join(' · ')}\n`)
    },
    end() {},
  }
}

/** Of the last whole second. */
export function pictureOf(plan: Plan, { phase, timeline, secondsInPhase }: Progress): string[] {
  const tally = timeline.seconds.at(-2)?.tally ?? timeline.seconds.at(-1)?.tally
  if (tally === undefined) return [headOf(plan, phase, secondsInPhase)]
  return [
    headOf(plan, phase, secondsInPhase),
    ratesOf(plan, tally),
    ...timesOf(tally),
    ...errorsOf(tally),
  ]
}

function headOf(plan: Plan, phase: Phase, seconds: number): string {
  if (phase === 'audit') return 'asking everybody what they saw'
  const of = phase === 'ramp' ? Math.max(1, plan.ramp) : plan.duration
  const done = Math.min(1, seconds / of)
  const filled = Math.round(done * barWidth)
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
  const what = phase === 'ramp' ? 'devices come' : plan.scenario
  return `${bar} ${what}, ${seconds.toFixed(0)} of ${of} s`
}

function ratesOf({ connections }: Plan, { levels, counts }: Tally): string {
  const rates = Array.from(counts, ([name, times]) => `${COUNTS[name]} ${times}/s`)
  return [`${levels.get('connected') ?? 0} of ${connections} connected`, ...rates].join(', ')
}

function timesOf(tally: Tally): string[] {
  return tally.latencyNames().flatMap((name) => {
    const latency = tally.latency(name)
    return latency === undefined ? [] : [`${LATENCIES[name]}: ${inWords(latency)}`]
  })
}

export function inWords({ p50, p99, max }: Percentiles): string {
  return `p50 ${ms(p50)}, p99 ${ms(p99)}, most ${ms(max)}`
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`

function errorsOf({ errors }: Tally): string[] {
  return [...errors]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, errorsShown)
    .map(([kind, times]) => `${times} × ${kind}`)
}
