// What a person sees of a running load test: a bar, the rates and times of the last second, and what went wrong;
// on a terminal in its place, elsewhere a line now and then.
import { inCount, inMs, inTimes, printable } from './report/words.ts'
import { COUNTS, type CountName, LATENCIES, type LatencyName } from './run/measures.ts'
import type { Plan } from './run/plan.ts'
import type { Progress } from './run/run.ts'
import type { Phase, Second } from './run/timeline.ts'

type Output = Pick<NodeJS.WritableStream, 'write'> & {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

export interface LiveView {
  show(progress: Progress): void
  /** Leaves what is shown, and the next line below it. */
  end(): void
}

/** What is told of a plan. */
export type Told = Pick<Plan, 'connections' | 'duration'> & { readonly scenario: string }

const columnsDefault = 80
const rowsDefault = 24
const barWidthMax = 30
const errorsShown = 5
/** Elsewhere than on a terminal: often enough to see that it lives. */
const linesEverySeconds = 5

const hideCursor = '\u001B[?25l'
const showCursor = '\u001B[?25h'
const eraseToEndOfLine = '\u001B[K'
const eraseBelow = '\u001B[J'

export function createLiveView(told: Told, output: Output): LiveView {
  return output.isTTY === true ? drawn(told, output) : lines(told, output)
}

/** Each line is written over the one before it and nothing is cleared first, so that nothing flickers. */
function drawn(told: Told, output: Output): LiveView {
  let height = 0
  return {
    show(progress) {
      const { columns = columnsDefault, rows = rowsDefault } = output
      // A line that the terminal breaks, or one that it scrolls away, could not be found again.
      const picture = pictureOf(told, progress, columns - 1).slice(0, rows - 1)
      const back = height === 0 ? hideCursor : `\u001B[${height}A`
      const text = picture.map((line) => `${line}${eraseToEndOfLine}\n`).join('')
      output.write(`${back}${text}${eraseBelow}`)
      height = picture.length
    },
    end() {
      if (height > 0) output.write(showCursor)
      height = 0
    },
  }
}

function lines(told: Told, output: Output): LiveView {
  let shown: Phase | undefined
  let secondsShown = 0
  return {
    show(progress) {
      const { phase, secondsInPhase } = progress
      if (phase === shown && secondsInPhase - secondsShown < linesEverySeconds) return
      shown = phase
      secondsShown = secondsInPhase
      output.write(`${lineOf(told, progress)}\n`)
    },
    end() {},
  }
}

/** What stands on a terminal of `width` columns, line by line. */
export function pictureOf(told: Told, progress: Progress, width: number): string[] {
  const { phase, second, errors } = progress
  const barWidth = Math.min(barWidthMax, Math.floor(width / 3))
  const filled = Math.round(doneOf(told, progress) * barWidth)
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
  return [
    `${bar} ${headOf(told, progress)}`,
    ...(second === undefined || phase === 'audit'
      ? []
      : [
          connectedOf(told, second),
          ...ratesOf(second).map((rate) => `  ${rate}`),
          ...timesOf(second),
        ]),
    ...errorsOf(errors),
  ].map((line) => fitted(line, width))
}

/** The same in one line. */
export function lineOf(told: Told, progress: Progress): string {
  const { phase, second, errors } = progress
  const failed = [...errors.values()].reduce((sum, times) => sum + times, 0)
  return [
    headOf(told, progress),
    ...(second === undefined || phase === 'audit'
      ? []
      : [connectedOf(told, second), ...ratesOf(second), ...briefTimesOf(second)]),
    ...(failed === 0 ? [] : [`${inTimes(failed, 'error')} so far`]),
  ]
    .map((part) => fitted(part, Number.POSITIVE_INFINITY))
    .join(' · ')
}

/** Between 0 and 1, of the phase. */
function doneOf(
  { connections, duration }: Told,
  { phase, second, secondsInPhase }: Progress,
): number {
  if (phase === 'audit') return 1
  const done =
    phase === 'ramp' ? (second?.levels.connected ?? 0) / connections : secondsInPhase / duration
  return Math.min(1, done)
}

function headOf({ scenario, duration }: Told, { phase, secondsInPhase }: Progress): string {
  const seconds = Math.floor(secondsInPhase)
  if (phase === 'ramp') return `${scenario}: devices come, for ${seconds} s`
  if (phase === 'audit') return `${scenario}: asking everybody what they saw, for ${seconds} s`
  const late = seconds - Math.ceil(duration)
  return late > 1
    ? `${scenario}: waiting for what was asked, for ${late} s`
    : `${scenario}: ${Math.min(seconds, duration)} of ${duration} s`
}

function connectedOf({ connections }: Told, { levels }: Second): string {
  const { connected = 0, waiting = 0 } = levels
  const standing = `${inCount(connected)} of ${inCount(connections)} connected`
  return waiting === 0 ? standing : `${standing}, ${inTimes(waiting, 'command')} waiting`
}

function ratesOf({ counts }: Second): string[] {
  return (Object.entries(counts) as [CountName, number][])
    .filter(([, times]) => times > 0)
    .map(([name, times]) => `${COUNTS[name]} ${inCount(times)}/s`)
}

const columns = ['p50', 'p90', 'p99', 'max'] as const
const columnWidth = 10

function timesOf({ latencies }: Second): string[] {
  const timed = Object.entries(latencies) as [LatencyName, Second['latencies'][LatencyName]][]
  if (timed.length === 0) return []
  const names = timed.map(([name]) => LATENCIES[name])
  const width = Math.max(...names.map((name) => name.length))
  const row = (name: string, cells: readonly string[]) =>
    `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(columnWidth)).join('')}`
  return [
    row('', ['p50', 'p90', 'p99', 'most']),
    ...timed.map(([name, times]) =>
      row(
        LATENCIES[name],
        columns.map((column) => inMs(times?.[column] ?? 0)),
      ),
    ),
  ]
}

function briefTimesOf({ latencies }: Second): string[] {
  return (Object.entries(latencies) as [LatencyName, Second['latencies'][LatencyName]][]).flatMap(
    ([name, times]) =>
      times === undefined
        ? []
        : [`${LATENCIES[name]} p50 ${inMs(times.p50)}, p99 ${inMs(times.p99)}`],
  )
}

/** Since the run began: what went wrong once must not be gone when somebody looks. */
function errorsOf(errors: Progress['errors']): string[] {
  const kinds = [...errors].toSorted(([, one], [, other]) => other - one)
  const shown = kinds.slice(0, errorsShown).map(([kind, times]) => `  ${inCount(times)} × ${kind}`)
  const others = kinds.length - shown.length
  return [...shown, ...(others > 0 ? [`  and ${inTimes(others, 'other kind')} of errors`] : [])]
}

/** Cut to `width`, and without what would move the cursor. */
function fitted(line: string, width: number): string {
  const letters = Array.from(printable(line))
  return letters.length <= width ? letters.join('') : `${letters.slice(0, width - 1).join('')}…`
}
