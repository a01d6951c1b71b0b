// `npm run bench -- disk`: what is left of the bids from socket to socket where every fsync takes a millisecond more,
// as on the disks of a cloud.
import { Failure } from '../../platform/failure.ts'
import type { StandFigures } from '../end-to-end/stand.ts'
import { openEmbedded, openNaive, openPrototype } from '../end-to-end/stands.ts'
import { type Keep, keeping } from '../keeping.ts'
import type { BenchOptions, Section } from '../section.ts'
import { throwawayPostgres } from '../throwaway-postgres.ts'
import { mediansOf, type Turn, takeRounds, timesInRound } from '../turns.ts'
import { type Both, type Disk, type DiskFigures, type Found, reportOf } from './disk-report.ts'
import { commitMs, slowDisk } from './slow-disk.ts'

export interface DiskOptions extends BenchOptions {
  /** At each server but the one that commits bid by bid. */
  readonly bidders: number
}

const delayMs = 1
const warmUpMs = 1_000

export function benchDisk(options: BenchOptions): Promise<Section> {
  return measureDisk({ ...options, bidders: 1_024 })
}

export function measureDisk(options: DiskOptions): Promise<Section> {
  return keeping(async (keep) => {
    const { say, bidders } = options
    say('Starting two throw-away PostgreSQLs, one of them on a slow disk, with three servers each.')
    const fast = await openDisk(keep, {}, bidders)
    const slow = await openDisk(keep, await slowDisk(keep, delayMs), bidders)
    // Every commit waits for an fsync, so none can be faster, whatever else the machine does.
    if (slow.commitMs < delayMs) {
      throw new Failure(
        'The disk did not become slower: PostgreSQL does not use what was preloaded.',
      )
    }
    const found = await measure({ fast, slow }, options)
    return await reportOf({ fast, slow }, found, bidders)
  })
}

async function openDisk(
  keep: Keep,
  variables: Readonly<Record<string, string>>,
  bidders: number,
): Promise<Disk> {
  const postgres = await throwawayPostgres(keep, variables)
  const ground = { keep, postgres }
  return {
    commitMs: await commitMs(postgres.url),
    naive: await openNaive(ground),
    prototype: await openPrototype(ground, bidders),
    embedded: await openEmbedded(ground, bidders),
  }
}

async function measure(disks: Both<Disk>, options: DiskOptions): Promise<Found> {
  const turnsOn = (
    { naive, prototype, embedded }: Disk,
    where: string,
  ): readonly Turn<keyof StandFigures>[] =>
    [naive, prototype, embedded].map((stand) => ({
      name: `${stand.name}, ${where}`,
      measure: () => stand.bid({ warmUpMs, measureMs: options.seconds * 1_000 }),
    }))
  const turns = [...turnsOn(disks.fast, 'this disk'), ...turnsOn(disks.slow, 'a slow disk')]
  const rounds = await takeRounds(turns, options)
  const found = rounds.map(mediansOf)
  return {
    fast: figuresOf(found.slice(0, 3)),
    slow: figuresOf(found.slice(3)),
    slowToFast: timesInRound(rounds[5] ?? [], rounds[2] ?? [], (figures) => figures['accepted/s']),
  }
}

function figuresOf(found: readonly StandFigures[]): DiskFigures {
  const [naive, prototype, embedded] = found
  if (naive === undefined || prototype === undefined || embedded === undefined) {
    throw new Error('a stand had no turn')
  }
  return { naive, prototype, embedded }
}
