// Standings as a persistent map. Every version keeps its meaning, yet a bid costs O(1) and copies
// nothing: the version in use owns one real Map, and each other version knows by which single change
// it differs from its neighbour on the way there (Baker, "Shallow binding makes functional arrays
// fast", 1991). Using another version walks the Map over to it, which costs as many steps as there
// are changes between the two: nothing for the newest, one batch's worth after a failed commit.
import type { LotRules, Standing, Standings } from './lot.ts'
import { afterBid } from './retraction.ts'

interface Difference {
  readonly bidderId: string
  /** What this version has there; undefined where it has nothing. */
  readonly standing: Standing | undefined
  /** The neighbour which is otherwise the same, one step nearer to the Map. */
  readonly neighbour: PersistentStandings
}

class PersistentStandings implements Standings {
  /** Either the Map itself or the way to it. */
  #home: Map<string, Standing> | Difference

  constructor(map: Map<string, Standing>) {
    this.#home = map
  }

  get(bidderId: string): Standing | undefined {
    return PersistentStandings.#mapOf(this).get(bidderId)
  }

  with(bidderId: string, standing: Standing): Standings {
    const map = PersistentStandings.#mapOf(this)
    const next = new PersistentStandings(map)
    this.#home = { bidderId, standing: map.get(bidderId), neighbour: next }
    map.set(bidderId, standing)
    return next
  }

  entries(): Iterable<readonly [string, Standing]> {
    return PersistentStandings.#mapOf(this).entries()
  }

  /** Brings the Map to `version` and gives it. */
  static #mapOf(version: PersistentStandings): Map<string, Standing> {
    if (version.#home instanceof Map) return version.#home
    const way: { readonly version: PersistentStandings; readonly difference: Difference }[] = []
    let owner = version
    while (!(owner.#home instanceof Map)) {
      way.push({ version: owner, difference: owner.#home })
      owner = owner.#home.neighbour
    }
    const map = owner.#home
    for (const step of way.toReversed()) {
      const { bidderId, standing } = step.difference
      owner.#home = { bidderId, standing: map.get(bidderId), neighbour: step.version }
      if (standing === undefined) map.delete(bidderId)
      else map.set(bidderId, standing)
      step.version.#home = map
      owner = step.version
    }
    return map
  }
}

/** The standings of a lot nobody has bid on. */
export function noStandings(): Standings {
  return new PersistentStandings(new Map())
}

/** What a store keeps of an accepted bid or retraction: who, which, when, and the standing after it. */
export interface StandingRow {
  readonly bidderId: string
  readonly command: 'place_bid' | 'retract_bid'
  readonly commandId: string
  readonly admittedAtMs: number
  readonly max: number
  readonly rank: number
  readonly floor: number
  readonly aliasNo: number
}

/**
 * The standings from stored rows in order of decision. Where the lot's policy knows no retraction the
 * newest row of each bidder is enough; otherwise all of them are needed.
 */
export function standingsFromRows(rules: LotRules, rows: Iterable<StandingRow>): Standings {
  let standings = noStandings()
  for (const row of rows) {
    const { bidderId, max, rank, floor, aliasNo } = row
    const previous = standings.get(bidderId)
    const bare: Standing = { max, rank, floor, aliasNo }
    const restored = max > 0 && row.command === 'retract_bid' ? previous?.latest?.before : undefined
    const standing =
      row.command === 'place_bid'
        ? afterBid(rules, bare, previous, row.commandId, row.admittedAtMs)
        : (restored ?? bare)
    standings = standings.with(bidderId, standing)
  }
  return standings
}
