// A storm of bids as the limits see it: who bids on which lot, when. People wait between two bids as those of real
// auctions did while they sat in front of one; programs do not wait.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { randomOf } from '../../loadtest/run/random.ts'
import { uuidv7 } from '../../platform/ids.ts'

export interface Command {
  /** Since the storm began. */
  readonly atMs: number
  readonly userId: string
  readonly lotId: string
  readonly byProgram: boolean
}

export interface StormOptions {
  readonly seconds: number
  /** Of the people, about. */
  readonly commandsPerSecond: number
  readonly lots: number
  /** So many times as fast as the people of the real auctions. */
  readonly hurry: number
  /** How many of all bidders are programs, from 0 to 1. */
  readonly programs: number
}

const pastAuctions = fileURLToPath(new URL('../../loadtest/data/ebay-palm.csv', import.meta.url))
/** Who comes back later than that did something else meanwhile. */
const sittingMsMax = 5 * 60_000
/** Twice as often as one user may bid on one lot. */
const programEveryMs = 100
const seed = 5

/** How long the bidders of real auctions waited between two bids on one lot, in milliseconds. */
export async function pausesOfPeople(): Promise<readonly number[]> {
  const [head = '', ...lines] = (await readFile(pastAuctions, 'utf8')).trim().split('\n')
  const columns = head.trim().split(',')
  const [auction, bidder, placedAt] = ['auction_id', 'bidder', 'placed_at_ms'].map((name) =>
    columns.indexOf(name),
  )
  const pauses: number[] = []
  const last = new Map<string, number>()
  for (const line of lines) {
    const cells = line.split(',')
    const who = `${cells[auction ?? 0]} ${cells[bidder ?? 0]}`
    const atMs = Number(cells[placedAt ?? 0])
    const before = last.get(who)
    last.set(who, atMs)
    if (before !== undefined && atMs - before <= sittingMsMax) pauses.push(atMs - before)
  }
  return pauses
}

/** In the order of time; the same in every run but for the lots' ids. */
export function stormOf(pauses: readonly number[], options: StormOptions): readonly Command[] {
  const { seconds, commandsPerSecond, lots, hurry, programs } = options
  const random = randomOf(seed, 'storm')
  const lotIds = Array.from({ length: lots }, uuidv7)
  const pauseMs = () => (pauses[Math.floor(random() * pauses.length)] ?? sittingMsMax) / hurry
  const meanMs = pauses.reduce((sum, each) => sum + each, 0) / pauses.length / hurry
  const bidders = Math.max(1, Math.round((commandsPerSecond * meanMs) / 1_000))
  const commands: Command[] = []
  for (let nth = 0; nth < bidders; nth += 1) {
    const byProgram = nth < bidders * programs
    const [userId, lotId = ''] = [`bidder-${nth}`, lotIds[nth % lots]]
    const nextMs = () => (byProgram ? programEveryMs : pauseMs())
    // Somewhere within a pause, so that the storm blows evenly from the beginning.
    for (let atMs = random() * nextMs(); atMs < seconds * 1_000; atMs += nextMs()) {
      commands.push({ atMs, userId, lotId, byProgram })
    }
  }
  return commands.toSorted((one, other) => one.atMs - other.atMs)
}
