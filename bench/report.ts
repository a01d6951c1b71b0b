// What a run of the bench found, as numbers and as a page of text.
import { quantile } from './closed-loop.ts'

export interface Conditions {
  readonly cores: number
  readonly node: string
  readonly postgres: string
  readonly fsync: string
  readonly textCharacters: number
  readonly rounds: number
  readonly secondsEach: number
}

/** One way on so many conversations, measured once in each round. */
export interface Series {
  readonly way: string
  readonly says: string
  readonly conversations: number
  readonly perSecond: readonly number[]
  readonly medianMs: readonly number[]
  readonly p99Ms: readonly number[]
}

export interface Report {
  readonly conditions: Conditions
  readonly series: readonly Series[]
}

/** The middle one, so that a round which something disturbed does not count. */
export function median(numbers: readonly number[]): number {
  return quantile(
    numbers.toSorted((one, other) => one - other),
    0.5,
  )
}

/** The first way is the one that the others are compared with, on as many conversations. */
export function describeReport({ conditions, series }: Report): string {
  const { cores, node, postgres, fsync, textCharacters, rounds, secondsEach } = conditions
  const counts = [...new Set(series.map(({ conversations }) => conversations))]
  return [
    `Durable messages per second, medians of ${rounds} interleaved rounds of ${secondsEach} s each.`,
    `${cores} cores for database and senders together, Node ${node}, PostgreSQL ${postgres},`,
    `fsync ${fsync}, texts of ${textCharacters} characters.`,
    ...counts.flatMap((count) => ['', ...describeCount(count, series)]),
    '',
    ...new Set(series.map(({ way, says }) => `${way}: ${says}.`)),
  ].join('\n')
}

function describeCount(count: number, all: readonly Series[]): string[] {
  const series = all.filter(({ conversations }) => conversations === count)
  const first = median(series[0]?.perSecond ?? [])
  const rows = series.map(({ way, perSecond, medianMs, p99Ms }) => {
    const rate = median(perSecond)
    return [
      way,
      rate.toFixed(0),
      first === 0 ? '' : `${(rate / first).toFixed(1)}×`,
      median(medianMs).toFixed(1),
      median(p99Ms).toFixed(1),
    ]
  })
  const title = count === 1 ? 'on one conversation' : `on ${count} conversations`
  return aligned([[title, 'messages/s', 'ratio', 'median ms', 'p99 ms'], ...rows])
}

/** The first column to the left, numbers to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  )
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  )
}
