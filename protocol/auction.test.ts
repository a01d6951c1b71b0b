import { describe, expect, test } from 'vitest'
import { LotTerms } from './auction.ts'
import { CreateLot, ListBids, PlaceBid, RetractBid, UpdateLot } from './auction-requests.ts'
import { describeFaults, faultsOf } from './faults.ts'

const lotId = '0190a1b2-1111-7222-8333-123456789abc'
const terms = {
  title: 'A Palm Pilot',
  currency: 'USD',
  format: 'english',
  startPrice: 1_000,
  startsAt: 1_000_000,
  endsAt: 2_000_000,
}

/** `field: what was expected`, or undefined where `value` fits. */
function fault(schema: typeof LotTerms | typeof CreateLot, value: unknown): string | undefined {
  const checked = schema.safeParse(value)
  return checked.success ? undefined : describeFaults(faultsOf(checked.error))
}

describe('the terms of a lot', () => {
  test('the least that makes a lot, and what is filled in', () => {
    expect(LotTerms.parse(terms)).toEqual({
      ...terms,
      grid: 'free',
      softClose: null,
      retraction: 'none',
    })
  })

  test('a soft close is filled in by its own defaults', () => {
    const softClose = { mode: 'reset', windowMs: 10_000, extendMs: 10_000 }
    expect(LotTerms.parse({ ...terms, softClose }).softClose).toEqual({
      ...softClose,
      trigger: 'lead_or_price_change',
      minGrowthMs: 1_000,
    })
  })

  test('unknown fields are left out', () => {
    expect(LotTerms.parse({ ...terms, colour: 'grey' })).not.toHaveProperty('colour')
  })

  test.each([
    ['title', { title: '' }],
    ['title', { title: '   ' }],
    ['title', { title: 'x'.repeat(201) }],
    ['title', { title: 'a\u0000b' }],
    ['title', { title: 'a\uD800' }],
    ['title', { title: 5 }],
    ['description', { description: 'x'.repeat(10_001) }],
    ['listingId', { listingId: '' }],
    ['currency', { currency: 'usd' }],
    ['currency', { currency: 'XXX' }],
    ['format', { format: 'dutch' }],
    ['startPrice', { startPrice: 0 }],
    ['startPrice', { startPrice: -1 }],
    ['startPrice', { startPrice: 10.5 }],
    ['startPrice', { startPrice: 10 ** 15 + 1 }],
    ['startPrice', { startPrice: '1000' }],
    ['startPrice', { startPrice: Number.NaN }],
    ['reservePrice', { reservePrice: 999 }],
    ['reservePrice', { reservePrice: 0 }],
    ['increments', { increments: [] }],
    ['increments', { increments: [{ from: 1, step: 5 }] }],
    [
      'increments',
      {
        increments: [
          { from: 0, step: 5 },
          { from: 0, step: 10 },
        ],
      },
    ],
    ['increments.0.step', { increments: [{ from: 0, step: 0 }] }],
    ['grid', { grid: 'loose' }],
    ['startsAt', { startsAt: -1 }],
    ['startsAt', { startsAt: 1.5 }],
    ['endsAt', { endsAt: terms.startsAt }],
    ['endsAt', { endsAt: 8_640_000_000_000_001 }],
    ['endsAt', { endsAt: undefined }],
    ['softClose.mode', { softClose: { mode: 'bounce', windowMs: 1, extendMs: 1 } }],
    ['softClose.windowMs', { softClose: { mode: 'add', windowMs: 0, extendMs: 1 } }],
    [
      'softClose.hardCapMs',
      { softClose: { mode: 'add', windowMs: 1, extendMs: 1, hardCapMs: -1 } },
    ],
    ['retraction', { retraction: 'always' }],
  ])('a wrong %s is named: %j', (field, change) => {
    expect(fault(LotTerms, { ...terms, ...change })).toMatch(new RegExp(`^${field}: `))
  })

  test('the price limits hold at their edges', () => {
    expect(fault(LotTerms, { ...terms, startPrice: 1 })).toBeUndefined()
    expect(fault(LotTerms, { ...terms, startPrice: 10 ** 15 })).toBeUndefined()
    expect(fault(LotTerms, { ...terms, reservePrice: terms.startPrice })).toBeUndefined()
  })

  test('a lot is created under the same rules', () => {
    expect(fault(CreateLot, { ...terms, commandId: 'order-17' })).toBeUndefined()
    expect(fault(CreateLot, { ...terms, endsAt: 1 })).toMatch(/^endsAt: /)
    expect(fault(CreateLot, { ...terms, commandId: '' })).toMatch(/^commandId: /)
  })
})

describe('a bid', () => {
  const bid = { lotId, clientBidId: lotId, amount: 5_000, currency: 'USD' }

  test('is a proxy bid where it does not say', () => {
    expect(PlaceBid.parse(bid).kind).toBe('proxy')
  })

  test('with an amount that can not be bid is well formed: it is refused, with a reason', () => {
    for (const amount of [-1, 0, 0.5, 2 ** 53, 1e300]) {
      expect(PlaceBid.safeParse({ ...bid, amount }).success).toBe(true)
    }
  })

  test.each([
    ['a text amount', { amount: '5000' }],
    ['no number', { amount: Number.NaN }],
    ['an infinite amount', { amount: Number.POSITIVE_INFINITY }],
    ['an id that is no UUID', { clientBidId: '1' }],
    ['an unknown kind', { kind: 'sealed' }],
    ['a NUL in the currency', { currency: 'US\u0000' }],
    ['a currency that is a novel', { currency: 'x'.repeat(9) }],
  ])('with %s is malformed', (_, change) => {
    expect(PlaceBid.safeParse({ ...bid, ...change }).success).toBe(false)
  })
})

describe('other parameters', () => {
  test('a retraction gives one of the reasons', () => {
    const retraction = { lotId, clientBidId: lotId, reason: 'typing_error' }
    expect(RetractBid.safeParse(retraction).success).toBe(true)
    expect(RetractBid.safeParse({ ...retraction, reason: 'regret' }).success).toBe(false)
  })

  test('a page of bids is asked for in numbers or, in a query, in digits', () => {
    expect(ListBids.parse({ lotId })).toEqual({ lotId, limit: 20 })
    expect(ListBids.parse({ lotId, before: '7', limit: '100' })).toEqual({
      lotId,
      before: 7,
      limit: 100,
    })
    for (const page of [{ limit: 0 }, { limit: 101 }, { before: 0 }, { before: 'x' }]) {
      expect(ListBids.safeParse({ lotId, ...page }).success).toBe(false)
    }
  })

  test('a reserve is taken away by null and left alone by silence', () => {
    expect(UpdateLot.parse({ lotId, reservePrice: null }).reservePrice).toBeNull()
    expect(UpdateLot.parse({ lotId })).not.toHaveProperty('reservePrice')
  })
})
