// A lot is what its decisions made of it, however it came into memory.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decide } from './decide.ts'
import type { Answered, Decided } from './decision.ts'
import { Draft } from './draft.ts'
import { evolve } from './evolve.ts'
import type { Lot, Standings } from './lot.ts'
import { type StandingRow, standingsFromRows } from './standings.ts'
import { history, live, type Passage } from './testing/histories.ts'

const runs = { numRuns: 150 }

const contents = (standings: Standings | undefined) =>
  [...(standings?.entries() ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1))
const plain = (lot: Lot | undefined) =>
  lot && { rules: lot.rules, now: lot.now, standings: contents(lot.standings) }
const recorded = (passages: readonly Passage[]): Decided[] =>
  passages.flatMap(({ decision }) => (decision.type === 'decided' ? [decision] : []))

test('I17: deciding the recorded commands again gives the same decisions and the same lot', () => {
  fc.assert(
    fc.property(history, (lived) => {
      const passages = live(lived)
      let lot: Lot | undefined
      for (const decided of recorded(passages)) {
        const again = decide(lot, decided.command, decided.admittedAtMs, undefined)
        expect(again).toEqual(decided)
        lot = evolve(lot, decided)
      }
      expect(plain(lot)).toEqual(plain(passages.at(-1)?.after))
    }),
    runs,
  )
})

test('I17: the state and the stored standings are enough to go on as if nothing had happened', () => {
  fc.assert(
    fc.property(history, fc.nat(), (lived, cut) => {
      const decisions = recorded(live(lived))
      const before = decisions.slice(0, 1 + (cut % decisions.length))
      const kept = before.reduce<Lot | undefined>(evolve, undefined)
      if (kept === undefined) throw new Error('a history creates its lot')
      let lot: Lot = { ...kept, standings: standingsFromRows(kept.rules, rowsOf(before, kept)) }
      for (const decided of decisions.slice(before.length)) {
        expect(decide(lot, decided.command, decided.admittedAtMs, undefined)).toMatchObject({
          reply: decided.reply,
          events: decided.events,
          now: decided.now,
        })
        lot = evolve(lot, decided)
      }
    }),
    runs,
  )
})

/** The rows a store keeps: all of them where bids may be retracted, otherwise each bidder's newest. */
function rowsOf(decisions: readonly Decided[], lot: Lot): StandingRow[] {
  const rows = decisions.flatMap(({ command, standing: change, admittedAtMs }): StandingRow[] => {
    if (change === undefined) return []
    if (command.type !== 'place_bid' && command.type !== 'retract_bid') return []
    const { max, rank, floor, aliasNo } = change.standing
    const { type, commandId } = command
    const { bidderId } = change
    return [{ bidderId, command: type, commandId, admittedAtMs, max, rank, floor, aliasNo }]
  })
  if (lot.rules.terms.retraction !== 'none') return rows
  return [...new Map(rows.map((row) => [row.bidderId, row])).values()]
}

test('I17: drafts that are dropped leave no trace in the lot they were made of', () => {
  fc.assert(
    fc.property(history, fc.infiniteStream(fc.boolean()), (lived, fails) => {
      const passages = live(lived)
      const failures = fails[Symbol.iterator]()
      const answers = new Map<string, Answered>()
      const batch = 3
      let committed: Lot | undefined
      for (let from = 0; from < passages.length; from += batch) {
        const commands = passages.slice(from, from + batch)
        const decideAll = (): Draft => {
          const draft = new Draft(committed)
          for (const { command, atMs } of commands) {
            draft.decide(command, atMs, answers.get(keyOf(command)))
          }
          return draft
        }
        const before = plain(committed)
        let draft = decideAll()
        while (failures.next().value === true) {
          expect(plain(committed)).toEqual(before)
          draft = decideAll()
        }
        committed = draft.lot
        for (const decided of draft.decided) answers.set(keyOf(decided.command), decided)
      }
      expect(plain(committed)).toEqual(plain(passages.at(-1)?.after))
    }),
    runs,
  )
})

function keyOf(command: Passage['command']): string {
  return 'commandId' in command ? `${command.actor.userId} ${command.commandId}` : 'time'
}

test('every version of the standings keeps its meaning, in whatever order they are read', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ from: fc.nat(), who: fc.constantFrom('a', 'b', 'c'), max: fc.nat() })),
      fc.array(fc.nat(), { maxLength: 30 }),
      (changes, reads) => {
        const versions: { standings: Standings; model: Map<string, number> }[] = [
          { standings: standingsFromRows({} as never, []), model: new Map() },
        ]
        const at = (index: number) => versions[index % versions.length] ?? versions[0]
        for (const { from, who, max } of changes) {
          const base = at(from)
          if (base === undefined) continue
          versions.push({
            standings: base.standings.with(who, { max, rank: 0, floor: 0, aliasNo: 1 }),
            model: new Map(base.model).set(who, max),
          })
        }
        for (const index of [...reads, ...versions.keys()]) {
          const version = at(index)
          const read = [...(version?.standings.entries() ?? [])].map(([who, { max }]) => [who, max])
          expect(new Map(read as [string, number][])).toEqual(version?.model)
          expect(version?.standings.get('a')?.max).toBe(version?.model.get('a'))
        }
      },
    ),
  )
})
