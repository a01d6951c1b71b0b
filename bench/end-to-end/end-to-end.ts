// `npm run bench -- end-to-end`: durable bids from socket to socket, of Outcry in one process and of a fleet, beside
// the least that such a server can cost, and beside what one would write first.
import { type Keep, keeping } from '../keeping.ts'
import type { BenchOptions, Section } from '../section.ts'
import { throwawayPostgres } from '../throwaway-postgres.ts'
import { mediansOf, type Turn, takeRounds, takeTurns, timesInRound } from '../turns.ts'
import { type Found, reportOf } from './end-to-end-report.ts'
import type { Stand, StandFigures } from './stand.ts'
import { openApart, openEmbedded, openNaive, openPrototype } from './stands.ts'

export interface EndToEndOptions extends BenchOptions {
  /** At each server but the one that commits bid by bid. */
  readonly bidders: number
}

const warmUpMs = 1_000
const acceptedPerSecond = (figures: StandFigures): number => figures['accepted/s']

type Stands = Readonly<Record<'naive' | 'prototype' | 'embedded' | 'apart', Stand>>

export function benchEndToEnd(options: BenchOptions): Promise<Section> {
  return measureEndToEnd({ ...options, bidders: 256 })
}

export function measureEndToEnd(options: EndToEndOptions): Promise<Section> {
  return keeping(async (keep) => {
    const stands = await openStands(keep, options)
    const found = await measure(stands, options)
    return await reportOf(Object.values(stands), found, options.bidders)
  })
}

async function openStands(keep: Keep, { bidders, say }: EndToEndOptions): Promise<Stands> {
  say('Starting a throw-away PostgreSQL, four servers with a lot each, and their bidders.')
  const ground = { keep, postgres: await throwawayPostgres(keep) }
  return {
    naive: await openNaive(ground),
    prototype: await openPrototype(ground, bidders),
    embedded: await openEmbedded(ground, bidders),
    apart: await openApart(ground, bidders),
  }
}

async function measure(stands: Stands, options: EndToEndOptions): Promise<Found> {
  const measureMs = options.seconds * 1_000
  const { naive, prototype, embedded, apart } = stands
  const turnOf = (stand: Stand): Turn<keyof StandFigures> => ({
    name: stand.name,
    measure: () => stand.bid({ warmUpMs, measureMs }),
  })
  const rounds = await takeRounds([naive, prototype, embedded, apart].map(turnOf), options)
  const rush = rounds.map(mediansOf)
  const parts = apart.costOfParts()
  const reached = rush[3]?.['accepted/s'] ?? 0
  const pace: Turn<keyof StandFigures> = {
    name: `${apart.name}, at half of that`,
    measure: () => apart.bid({ warmUpMs, measureMs, perSecond: reached / 2 }),
  }
  const half = await takeTurns([pace], options)
  return {
    naive: figuresOf(rush[0]),
    prototype: figuresOf(rush[1]),
    embedded: figuresOf(rush[2]),
    apart: figuresOf(rush[3]),
    atHalfRate: figuresOf(half[0]),
    embeddedToPrototype: timesInRound(rounds[2] ?? [], rounds[1] ?? [], acceptedPerSecond),
    parts,
  }
}

function figuresOf(found: StandFigures | undefined): StandFigures {
  if (found === undefined) throw new Error('a stand had no turn')
  return found
}
