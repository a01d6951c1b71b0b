// Figures of stands as tables.
import { figure, ratio } from '../report.ts'
import type { Table } from '../section.ts'
import type { Stand, StandFigures } from './stand.ts'

export interface Row {
  readonly name: string
  readonly figures: StandFigures
}

interface Comparison<OneRow extends Row> {
  readonly title: string
  /** What a row is compared with. */
  readonly baseOf: (row: OneRow) => StandFigures
}

export function rateTable<OneRow extends Row>(
  title: string,
  rows: readonly OneRow[],
  comparisons: readonly Comparison<OneRow>[],
): Table {
  return {
    title,
    head: [
      '',
      'accepted/s',
      ...comparisons.map((comparison) => comparison.title),
      'refused',
      'median ms',
      'p99 ms',
    ],
    rows: rows.map((row) => [
      row.name,
      figure(row.figures['accepted/s']),
      ...comparisons.map(({ baseOf }) =>
        ratio(row.figures['accepted/s'], baseOf(row)['accepted/s']),
      ),
      `${figure(row.figures['refused %'])} %`,
      figure(row.figures['median ms']),
      figure(row.figures['p99 ms']),
    ]),
  }
}

/** In microseconds of a processor. */
export function costTable(title: string, rows: readonly Row[]): Table {
  return {
    title,
    head: ['', 'server, µs', 'PostgreSQL, µs', 'bidders, µs', 'cores at work'],
    rows: rows.map(({ name, figures }) => [
      name,
      figure(figures['server µs']),
      figure(figures['postgres µs']),
      figure(figures['bidders µs']),
      figure(figures['busy cores']),
    ]),
  }
}

/**
 * How many bids each has accepted, as a sentence.
 * @throws where what the bidders were told is not what is stored
 */
export async function storedAt(stands: readonly Stand[], where = ''): Promise<string> {
  const each: string[] = []
  for (const stand of stands) each.push(`${figure(await stand.audit())} (${stand.name})`)
  return `Bids that were accepted${where}, each of which is stored: ${each.join(', ')}.`
}
