// What the judge makes of ends that move: those which the real core decides are right, and each other one
// is found.
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Draft } from '../auction-engine/core/draft.ts'
import { history, live } from '../auction-engine/core/testing/histories.ts'
import { spokenBy } from '../auction-engine/core/testing/words.ts'
import { asFinal, asStored } from '../auction-engine/simulation/as-stored.ts'
import type { LotTerms, SoftClose } from '../protocol/auction.ts'
import type { FinalLot, StoredDecision } from './lot-entries.ts'
import { LotHistory } from './lot-history.ts'
import type { Rule } from './violation.ts'

const softClose: SoftClose = {
  mode: 'reset',
  windowMs: 10_000,
  extendMs: 10_000,
  trigger: 'lead_or_price_change',
  minGrowthMs: 1_000,
  maxExtensions: 2,
}

interface Story {
  readonly softClose: SoftClose | null
  readonly decisions: readonly StoredDecision[]
  readonly final: FinalLot
}

function judged({ softClose: under, decisions, final }: Story): readonly Rule[] {
  const told = new LotHistory({ allClients: false })
  told.offered(final.lotId, under)
  for (const decision of decisions) told.decided(decision)
  told.ended(final)
  return told.violations().map(({ rule }) => rule)
}

/** A lot that ends at 60 s, and whose owner changes with each step that says since when nobody was there. */
class Sale {
  readonly #draft = new Draft(undefined)
  readonly #softClose: SoftClose | null
  readonly #epochs: number[] = []
  #epoch = 1

  constructor(under: SoftClose | null) {
    this.#softClose = under
    const terms: LotTerms = {
      title: 'A lamp',
      currency: 'USD',
      format: 'english',
      startPrice: 1_000,
      grid: 'free',
      startsAt: 0,
      endsAt: 60_000,
      softClose: under,
      retraction: 'none',
    }
    this.#decide({ ...spokenBy('seller', 'create'), type: 'create_lot', terms }, 0)
    this.#decide({ ...spokenBy('seller', 'publish'), type: 'publish_lot' }, 0)
  }

  bids(who: string, amount: number, atMs: number): this {
    const command = { ...spokenBy(who, `${who}-${amount}`), type: 'place_bid' } as const
    return this.#decide({ ...command, kind: 'proxy', amount, currency: 'USD' }, atMs)
  }

  returns(awayFromMs: number, atMs: number): this {
    this.#epoch += 1
    return this.#decide(
      { type: 'extend_lot', lotId: this.#lotId, awayFromMs, graceMs: 15_000 },
      atMs,
    )
  }

  closes(atMs: number): this {
    return this.#decide({ type: 'close_lot', lotId: this.#lotId, targetEndsAtMs: atMs }, atMs)
  }

  story(): Story {
    const { lot, decided } = this.#draft
    if (lot === undefined) throw new Error('the lot was not made')
    const decisions = decided.map((each, nth) => asStored(each, lot.rules, this.#epochs[nth] ?? 0))
    return { softClose: this.#softClose, decisions, final: asFinal(lot) }
  }

  get #lotId(): string {
    return this.#draft.lot?.rules.lotId ?? ''
  }

  #decide(command: Parameters<Draft['decide']>[0], atMs: number): this {
    const { type } = this.#draft.decide(command, atMs, undefined)
    if (type === 'decided') this.#epochs.push(this.#epoch)
    return this
  }
}

/** Its owner dies five seconds before the end; the next one is there two seconds after it. */
const followed = () => new Sale(null).bids('ann', 5_000, 1_000).returns(55_000, 62_000)

/** A bid five seconds before the end. */
const sale = (under: SoftClose | null) => new Sale(under).bids('ann', 5_000, 55_000)

const isFailover = ({ asked }: StoredDecision): boolean => asked.type === 'extend_lot'

/** The story with its extension by failover changed. */
function falsified(story: Story, change: (decision: StoredDecision) => StoredDecision): Story {
  expect(story.decisions.some(isFailover)).toBe(true)
  const decisions = story.decisions.map((each) => (isFailover(each) ? change(each) : each))
  return { ...story, decisions }
}

/** The same decision, which leaves the lot's end elsewhere. */
function endingAt(decision: StoredDecision, endsAt: number, extensions?: number): StoredDecision {
  return {
    ...decision,
    events: decision.events.map((event) => {
      if (event.type !== 'lot_extended') return event
      const moved = extensions === undefined ? { endsAt } : { endsAt, extensions }
      return { ...event, view: { ...event.view, ...moved } }
    }),
  }
}

describe('a lot whose owner was away in its last moments', () => {
  test('gets fifteen seconds from the moment somebody decides again', () => {
    expect(judged(followed().bids('bob', 9_000, 70_000).closes(77_000).story())).toEqual([])
  })

  test.for<[string, (decision: StoredDecision) => StoredDecision]>([
    ['too long', (decision) => endingAt(decision, 78_000)],
    ['too short', (decision) => endingAt(decision, 70_000)],
    ['one of the bidders’ extensions', (decision) => endingAt(decision, 77_000, 1)],
    ['by its owner of before', (decision) => ({ ...decision, epoch: 1 })],
    ['at somebody’s wish', (decision) => ({ ...decision, actorId: 'eve' })],
    [
      'for an absence after the end',
      (decision) => ({ ...decision, asked: { type: 'extend_lot', awayFromMs: 61_000 } }),
    ],
    ['for nothing that is known', (decision) => ({ ...decision, asked: { type: 'extend_lot' } })],
  ])('is not to get it otherwise: %s', ([, change]) => {
    expect(judged(falsified(followed().story(), change))).toContain('wrong_end')
  })

  test('is not to get it where somebody was there again in time', () => {
    // The core itself gives nothing then, so this is told from another lot whose window is longer.
    const wide: SoftClose = { ...softClose, windowMs: 30_000 }
    const story = new Sale(wide).bids('ann', 5_000, 1_000).returns(40_000, 48_000).story()
    expect(judged(story)).toEqual([])
    expect(judged({ ...story, softClose: null })).toEqual(['wrong_end'])
    const capped = { ...story, softClose: { ...wide, hardCapMs: 1_000 } }
    expect(judged(capped)).toEqual(['wrong_end'])
  })

  test('is not to get it twice from one owner', () => {
    const { decisions, ...story } = followed().returns(70_000, 80_000).story()
    const ofOne = decisions.map((each) => (each.epoch > 1 ? { ...each, epoch: 2 } : each))
    expect(judged({ ...story, decisions: ofOne })).toContain('wrong_end')
  })

  test('is extended by each owner that follows one who was away', () => {
    const story = followed().returns(70_000, 80_000).closes(95_000).story()
    expect(story.decisions.filter(isFailover)).toHaveLength(2)
    expect(judged(story)).toEqual([])
  })
})

describe('a soft close', () => {
  test('extends by late bids that change something, until its extensions are used up', () => {
    const story = sale(softClose)
      .bids('ann', 6_000, 56_000)
      .bids('bob', 7_000, 63_000)
      .bids('cy', 9_000, 72_000)
      .closes(73_000)
      .story()
    expect(story.final.view).toMatchObject({ endsAt: 73_000, extensions: 2, state: 'sold' })
    expect(judged(story)).toEqual([])
  })

  test.for<[string, SoftClose | null]>([
    ['where there is none', null],
    ['before its window', { ...softClose, windowMs: 4_000 }],
    ['by more than it says', { ...softClose, extendMs: 9_000 }],
    ['beyond its cap', { ...softClose, hardCapMs: 3_000 }],
    ['more often than it says', { ...softClose, maxExtensions: 0 }],
    ['without counting', { ...softClose, minGrowthMs: 60_000 }],
  ])('is not to extend %s', ([, otherTerms]) => {
    expect(judged({ ...sale(softClose).story(), softClose: otherTerms })).toEqual(['wrong_end'])
  })

  test('is not to be forgotten', () => {
    expect(judged({ ...sale(null).story(), softClose })).toEqual(['wrong_end'])
    const silently = sale({ ...softClose, extendMs: 5_000 })
      .bids('ann', 6_000, 56_000)
      .story()
    const anyBid: SoftClose = { ...softClose, extendMs: 5_000, trigger: 'any_accepted' }
    expect(judged({ ...silently, softClose: anyBid })).toEqual(['wrong_end'])
  })

  test('finds nothing in any history that the real core has decided', () => {
    fc.assert(
      fc.property(history, (lived) => {
        const passages = live(lived).filter(({ decision }) => decision.type === 'decided')
        const last = passages.at(-1)?.after
        // Graces of other lengths than ours are the core's own tests' matter.
        const isOurs = passages.every(({ command }) => command.type !== 'extend_lot')
        if (last === undefined || !isOurs) return
        const decisions = passages.flatMap(({ decision }) =>
          decision.type === 'decided' ? asStored(decision, last.rules, 1) : [],
        )
        const { softClose: under } = last.rules.terms
        expect(judged({ softClose: under, decisions, final: asFinal(last) })).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})
