// Figures of stands as tables, and what was at work meanwhile.
import { availableParallelism } from 'node:os'
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

/** Where processors have less idle time than this share, somebody waits for them. */
const idleShare = 0.1

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

/** Why they are no faster, as far as the accounts of the processors tell it. */
export function whatWorked(figures: StandFigures): string {
  const all = availableParallelism()
  const { 'busy cores': busy, 'idle cores': idle } = figures
  if (busy === 0) return 'not known: the accounts of the processors are those of Linux'
  const spent = `a bid takes ${figure(figures['server µs'])} µs of the server, ${figure(figures['postgres µs'])} of PostgreSQL and ${figure(figures['bidders µs'])} of the bidders; ${figure(busy)} of ${all} cores were at work for that, ${figure(idle)} idle`
  if (idle > idleShare * all) return `not known, since the processors had time left: ${spent}`
  const isOurs = busy > (1 - 2 * idleShare) * all
  return `processor time${isOurs ? '' : ', of which much went elsewhere'}: ${spent}`
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
