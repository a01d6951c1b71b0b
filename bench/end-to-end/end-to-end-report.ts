// Bids from socket to socket as a section, and what came of the goals: P5 and P6.
import { figure } from '../report.ts'
import type { GoalVerdict, Section } from '../section.ts'
import { atLeast, atMost } from '../verdict.ts'
import { whatWorked } from '../what-worked.ts'
import type { Stand, StandFigures } from './stand.ts'
import { costTable, rateTable, storedAt } from './stand-tables.ts'

const embeddedToPrototypeMin = 0.5
const embeddedPerSecondMin = 45_000
const embeddedP99MsMax = 12
const apartPerSecondMin = 20_000
const halfRateMedianMsMax = 3
const halfRateP99MsMax = 15

type Name = 'naive' | 'prototype' | 'embedded' | 'apart' | 'atHalfRate'

export interface Found extends Readonly<Record<Name, StandFigures>> {
  /** How many times as many are accepted, in the same round. */
  readonly embeddedToPrototype: number
  /** Of a bid through NATS, by process, in all turns at full speed. */
  readonly parts: ReturnType<Stand['costOfParts']>
}

/**
 * @param stands in the order of the tables
 * @throws where what the bidders were told is not what is stored
 */
export async function reportOf(
  stands: readonly Stand[],
  found: Found,
  bidders: number,
): Promise<Section> {
  const { naive, prototype, embedded, apart, atHalfRate, parts } = found
  const rows = [naive, prototype, embedded, apart].map((figures, nth) => ({
    name: stands[nth]?.name ?? '',
    figures,
  }))
  const all = [...rows, { name: 'the same, at half of that rate', figures: atHalfRate }]
  return {
    name: 'end-to-end',
    title: 'Bids from socket to socket',
    says: 'How many bids on one hot lot are accepted in a second over WebSockets, and how long bidders wait for the answer, which comes when the bid is durable. Servers, PostgreSQL and bidders share the cores. Bidders bid again when they are answered, each higher than everybody before; at half of that rate, in rounds of their own afterwards, bids come at random moments, whatever was answered, and waiting counts from when they were due. Afterwards every accepted bid must be stored once, the lot must stand at the highest one, and no number may be missing.',
    conditions: [
      ...stands.map(({ name, says }) => `${name}: ${says}.`),
      `PostgreSQL with fsync and synchronous_commit on, one for all; ${figure(bidders)} bidders but where it says otherwise, in a process of their own, with a JSON frame for each bid.`,
      'The first two check nothing, know nobody, and store a bid in one row; Outcry verifies who bids, decides by the lot’s terms, stores decision, public event and outbox row, and tells whoever was outbid. Its limits on how often somebody may bid are off.',
      await storedAt(stands),
    ],
    tables: [
      rateTable('One hot lot', all, [
        { title: 'to one transaction per bid', baseOf: () => naive },
        { title: 'to the prototype', baseOf: () => prototype },
      ]),
      costTable('What a bid costs', all),
      {
        title: 'What a bid through NATS costs each process, in all rounds at full speed',
        head: ['', 'µs'],
        rows: parts.map(([name, micros]) => [name, figure(micros)]),
      },
    ],
    goals: goalsOf(found),
  }
}

function goalsOf(found: Found): readonly GoalVerdict[] {
  const { embeddedToPrototype, embedded, apart, atHalfRate, parts } = found
  const each = parts.map(([name, micros]) => `${name} ${figure(micros)}`).join(', ')
  return [
    atLeast(embeddedToPrototypeMin, {
      goal: 'P5',
      says: 'against the prototype',
      measured: embeddedToPrototype,
      unit: ' ×',
      boundBy: whatWorked(embedded),
    }),
    atLeast(embeddedPerSecondMin, {
      goal: 'P5',
      says: 'accepted',
      measured: embedded['accepted/s'],
      unit: '/s',
      boundBy: whatWorked(embedded),
    }),
    waitAtMost(embeddedP99MsMax, 'P5', 'p99 of the answer', embedded, 'p99 ms'),
    atLeast(apartPerSecondMin, {
      goal: 'P6',
      says: 'accepted',
      measured: apart['accepted/s'],
      unit: '/s',
      boundBy: `${whatWorked(apart)}; of the server: ${each}`,
    }),
    waitAtMost(halfRateMedianMsMax, 'P6', 'median at half of that rate', atHalfRate, 'median ms'),
    waitAtMost(halfRateP99MsMax, 'P6', 'p99 at half of that rate', atHalfRate, 'p99 ms'),
  ]
}

function waitAtMost(
  mostMs: number,
  goal: string,
  says: string,
  figures: StandFigures,
  which: 'median ms' | 'p99 ms',
): GoalVerdict {
  const boundBy = whatWorked(figures)
  const verdict = atMost(mostMs, { goal, says, measured: figures[which], unit: ' ms', boundBy })
  // Where nobody was answered nobody has waited.
  return { ...verdict, holds: verdict.holds && figures['accepted/s'] > 0 }
}
