// A section as a page of text, for a terminal.
import { quantile } from './closed-loop.ts'
import type { GoalVerdict, Section, Table } from './section.ts'

/** The middle one, so that a round which something disturbed does not count. */
export function median(numbers: readonly number[]): number {
  return quantile(
    numbers.toSorted((one, other) => one - other),
    0.5,
  )
}

/** `1,234,567`; of small numbers as many places as tell them apart. */
export function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}

/** `0.93 ×`; nothing where there is nothing to compare with. */
export function ratio(value: number, base: number): string {
  return base > 0 ? `${figure(value / base)} ×` : '–'
}

export function describeSection({ title, says, conditions, tables, goals }: Section): string {
  return [
    title,
    '='.repeat(title.length),
    says,
    ...conditions.map((condition) => `- ${condition}`),
    ...tables.flatMap((table) => ['', ...describeTable(table)]),
    ...(goals.length === 0 ? [] : ['', ...goals.map(describeGoal)]),
  ].join('\n')
}

function describeTable({ title, head, rows }: Table): readonly string[] {
  return [title, ...aligned([head, ...rows])]
}

function describeGoal({ goal, says, wanted, measured, holds, boundBy }: GoalVerdict): string {
  const verdict = holds ? 'reached' : 'MISSED'
  const why = holds || boundBy === undefined ? '' : ` (${boundBy})`
  return `${goal} ${verdict}: ${says}: ${measured}, wanted ${wanted}${why}`
}

/** The first column to the left, figures to the right. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  )
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  )
}
