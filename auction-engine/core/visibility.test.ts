import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LotTerms } from '../../protocol/auction.ts'
import type { EngineCommand } from '../../protocol/engine.ts'
import { decide } from './decide.ts'
import type { Decision } from './decision.ts'
import { Draft } from './draft.ts'
import type { Lot } from './lot.ts'
import { spokenBy } from './testing/words.ts'
import { livePart, lotView, ownStanding, publication, publicPart } from './visibility.ts'

const step = 1_000_000
/** Like every amount below it has a remainder by the step which no other has, nor any sum of steps with it. */
const reservePrice = 20 * step + 3
const terms: LotTerms = {
  title: 'A lot',
  saleId: 'sale-1',
  listingId: 'listing-1',
  description: 'With a description',
  currency: 'USD',
  format: 'english',
  startPrice: step,
  reservePrice,
  increments: [{ from: 0, step }],
  grid: 'free',
  startsAt: 0,
  endsAt: 30 * 3_600_000,
  softClose: null,
  retraction: 'ebay',
}
const create: EngineCommand = { ...spokenBy('seller', 'create'), type: 'create_lot', terms }
const publish: EngineCommand = { ...spokenBy('seller', 'publish'), type: 'publish_lot' }

const moves = fc.array(
  fc.record({
    who: fc.constantFrom('ann', 'bob', 'cat'),
    kind: fc.constantFrom('proxy' as const, 'proxy' as const, 'exact' as const),
    steps: fc.integer({ min: 1, max: 40 }),
    retracts: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  }),
  { maxLength: 30 },
)

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : []
}

/** All that everybody hears of a decision. */
function publicWords(decision: Decision, lot: Lot): unknown[] {
  const events = decision.type === 'decided' ? decision.events : []
  return [lotView(lot.rules, lot.now), ...events.map((event) => publication(lot.rules, event))]
}

test('I12: no publication, view or answer to another tells a maximum or the reserve', () => {
  fc.assert(
    fc.property(moves, (drawn) => {
      const draft = new Draft(undefined)
      draft.decide(create, 0, undefined)
      draft.decide(publish, 0, undefined)
      const secrets = new Map<number, string>([[reservePrice, 'seller']])
      const prices = new Set<number | null>()
      const expectSilence = (words: unknown, hearer: string): void => {
        for (const amount of numbersIn(words)) {
          const owner = secrets.get(amount)
          if (owner === undefined || owner === hearer) continue
          expect(prices, `${hearer} hears of ${amount}`).toContain(amount)
        }
      }
      const say = (command: EngineCommand): void => {
        const decision = draft.decide(command, 0, undefined)
        const { lot } = draft
        if (lot === undefined || decision.type === 'dropped') throw new Error('nothing was decided')
        prices.add(lot.now.price)
        expectSilence(publicWords(decision, lot), 'everybody')
        expectSilence(decision.reply, command.actor.userId)
      }
      for (const [index, { who, kind, steps, retracts }] of drawn.entries()) {
        const amount = steps * step + 10 * (index + 1)
        const base = spokenBy(who, `bid-${index}`)
        secrets.set(amount, who)
        say({ ...base, type: 'place_bid', kind, amount, currency: 'USD' })
        const clientBidId = base.commandId
        const retract = { type: 'retract_bid', clientBidId, reason: 'typing_error' } as const
        if (retracts) say({ ...spokenBy(who, `retract-${index}`), ...retract })
      }
    }),
    { numRuns: 500 },
  )
})

describe('the views of a lot', () => {
  const draft = new Draft(undefined)
  for (const command of [create, publish]) draft.decide(command, 5, undefined)
  const bid = { type: 'place_bid', kind: 'proxy', amount: 7 * step, currency: 'USD' } as const
  draft.decide({ ...spokenBy('ann', 'one'), ...bid }, 6, undefined)
  const { lot } = draft
  if (lot === undefined) throw new Error('the lot was created')

  test('the public part and the live part make the whole view, each field once', () => {
    expect(publicPart(lot.rules)).toEqual({
      lotId: lot.rules.lotId,
      saleId: 'sale-1',
      listingId: 'listing-1',
      title: 'A lot',
      currency: 'USD',
      format: 'english',
      startPrice: step,
    })
    expect(livePart(lot.now, lot.rules)).toEqual({
      state: 'open',
      round: 1,
      seq: 3,
      price: step,
      minNext: 2 * step,
      leader: 'Bidder 1',
      reserveMet: false,
      bidCount: 1,
      bidderCount: 1,
      startsAt: 0,
      endsAt: 30 * 3_600_000,
      extensions: 0,
      serverTime: 6,
    })
    expect(lotView(lot.rules, lot.now)).toEqual({
      ...publicPart(lot.rules),
      ...livePart(lot.now, lot.rules),
    })
  })

  test('a bidder sees its own maximum, and nothing where no bid of it stands', () => {
    const standing = lot.standings.get('ann')
    expect(ownStanding(lot.now, 'ann', standing)).toEqual({
      leading: true,
      max: 7 * step,
      alias: 'Bidder 1',
    })
    expect(ownStanding(lot.now, 'bob', undefined)).toBeUndefined()
    const gone = { max: 0, rank: 0, floor: 0, aliasNo: 1 }
    expect(ownStanding(lot.now, 'ann', gone)).toBeUndefined()
  })

  test('to a stranger a draft is answered like a lot that does not exist', () => {
    const unseen = new Draft(undefined)
    unseen.decide(create, 5, undefined)
    const stranger: EngineCommand = { ...spokenBy('bob', 'two'), ...bid }
    const onDraft = decide(unseen.lot, stranger, 9, undefined)
    expect(onDraft).toEqual(decide(undefined, stranger, 9, undefined))
    expect(onDraft).toMatchObject({ type: 'unrecorded', reply: { code: 'lot_not_found' } })
  })
})
