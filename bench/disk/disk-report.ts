// Bids on a slow disk as a section, and what came of the goal: P7.
import type { Stand, StandFigures } from '../end-to-end/stand.ts'
import { costTable, rateTable, storedAt } from '../end-to-end/stand-tables.ts'
import { figure } from '../report.ts'
import type { Section } from '../section.ts'
import { atLeast } from '../verdict.ts'
import { whatWorked } from '../what-worked.ts'

const slowToFastMin = 0.6

const NAMES = ['naive', 'prototype', 'embedded'] as const
type Name = (typeof NAMES)[number]
export type DiskFigures = Readonly<Record<Name, StandFigures>>

/** A PostgreSQL, and who has bids made durable there. */
export interface Disk extends Readonly<Record<Name, Stand>> {
  /** Of one row, with nobody else there, at least. */
  readonly commitMs: number
}

export interface Both<Each> {
  readonly fast: Each
  readonly slow: Each
}

export interface Found extends Both<DiskFigures> {
  /** How many times as many bids Outcry accepts on the slow one, in the same round. */
  readonly slowToFast: number
}

/** @throws where what the bidders were told is not what is stored */
export async function reportOf(
  { fast, slow }: Both<Disk>,
  found: Found,
  bidders: number,
): Promise<Section> {
  const standsOf = ({ naive, prototype, embedded }: Disk) => [naive, prototype, embedded]
  const rows = NAMES.flatMap((name) => [
    { name: `${fast[name].name}, this disk`, figures: found.fast[name], base: found.fast[name] },
    { name: `${slow[name].name}, a slow disk`, figures: found.slow[name], base: found.fast[name] },
  ])
  return {
    name: 'disk',
    title: 'Bids on a slow disk',
    says: 'The bids from socket to socket once more, on one hot lot, beside the same on a PostgreSQL whose every fsync and fdatasync waits for a millisecond first, as on the disks of a cloud. Bidders bid again when they are answered; what they were told is compared with what is stored.',
    conditions: [
      `A commit of one row takes at least ${figure(fast.commitMs)} ms on this disk and ${figure(slow.commitMs)} ms on the slow one, with nobody else there.`,
      ...standsOf(fast).map(({ name, says }) => `${name}: ${says}.`),
      `${figure(bidders)} bidders but where it says otherwise; fsync and synchronous_commit on, and Outcry’s limits off.`,
      await storedAt(standsOf(fast), ' on this disk'),
      await storedAt(standsOf(slow), ' on the slow one'),
    ],
    tables: [
      rateTable('One hot lot', rows, [{ title: 'to this disk', baseOf: ({ base }) => base }]),
      costTable('What a bid costs', rows),
    ],
    goals: [
      atLeast(slowToFastMin, {
        goal: 'P7',
        says: `${figure(bidders)} bidders, a millisecond more for each fsync, against the same without`,
        measured: found.slowToFast,
        unit: ' ×',
        beside: ` (${figure(found.slow.embedded['accepted/s'])}/s)`,
        boundBy: whatWorked(found.slow.embedded),
      }),
    ],
  }
}
