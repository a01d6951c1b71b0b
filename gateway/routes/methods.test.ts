import { describe, expect, test } from 'vitest'
import type { MethodName } from '../../protocol/methods.ts'
import type { RefusalCode } from '../../protocol/refusals.ts'
import { RATES } from '../limits.ts'
import { callsOn } from '../testing/calls.ts'
import { bidId, bookOf, draftId, houseOf, lotId, refusing } from '../testing/lots.ts'
import { caller, identity, nobody, noonMs } from '../testing/people.ts'

const bidder = caller(identity('ann'))
const seller = caller(identity('sel', 'seller'))
const bid = { lotId, clientBidId: bidId, amount: 5_000, currency: 'USD' }

function outcomeCode(code: RefusalCode) {
  return { kind: 'outcome', outcome: { outcome: 'refused', code } }
}

describe('bid.place', () => {
  test('a bid is brought to the auction house under the bidder’s own name', async () => {
    const house = houseOf()
    const result = await callsOn({ house })('bid.place', bidder, { ...bid, bidder: 'bob' })
    expect(result).toMatchObject({
      kind: 'outcome',
      outcome: { outcome: 'accepted', price: 1_000 },
    })
    expect(house.asked).toEqual([
      {
        type: 'place_bid',
        lotId,
        commandId: bidId,
        actor: { userId: 'ann', roles: [] },
        kind: 'proxy',
        amount: 5_000,
        currency: 'USD',
      },
    ])
  })

  test('who has no token can not bid', async () => {
    const house = houseOf()
    const result = await callsOn({ house })('bid.place', nobody, bid)
    expect(result).toEqual({ kind: 'error', error: 'unauthorized', detail: 'a token is needed' })
    expect(house.asked).toEqual([])
  })

  test.each([
    [0, 'negative'],
    [-5_000, 'negative'],
    [50.5, 'non_integer'],
    [10 ** 15 + 1, 'too_large'],
    [2 ** 53 + 2, 'too_large'],
    [1e300, 'too_large'],
  ])('the amount %d is refused as %s, and the engine never hears of it', async (amount, reason) => {
    const house = houseOf()
    const result = await callsOn({ house })('bid.place', bidder, { ...bid, amount })
    expect(result).toEqual({
      kind: 'outcome',
      outcome: {
        outcome: 'refused',
        code: 'amount_invalid',
        reason,
        lotId,
        clientBidId: bidId,
        serverTime: noonMs,
        retryable: true,
      },
    })
    expect(house.asked).toEqual([])
  })

  test.each<[string, unknown, string]>([
    ['amount', { ...bid, amount: '5000' }, 'amount: expected number, received string'],
    ['amount', { ...bid, amount: Number.NaN }, 'amount: expected number, received NaN'],
    ['currency', { ...bid, currency: 840 }, 'currency: expected string, received number'],
    ['clientBidId', { ...bid, clientBidId: 'b1' }, 'clientBidId: expected a UUID'],
    ['lotId', { ...bid, lotId: undefined }, 'lotId: expected a UUID'],
    ['kind', { ...bid, kind: 'best' }, 'kind: '],
    ['the whole', [], 'expected object, received array'],
    ['the whole', undefined, 'lotId: '],
  ])('a wrong %s is named', async (_, params, detail) => {
    const result = await callsOn()('bid.place', bidder, params)
    expect(result).toMatchObject({ kind: 'error', error: 'bad_request' })
    expect('detail' in result && result.detail).toContain(detail)
  })

  test('on one lot the burst runs out, on another it has not begun', async () => {
    const bidsPerUser = { ...RATES.bidsPerUser, windowMs: 60_000 }
    const call = callsOn({ rates: { bidsPerUser } })
    for (let at = 0; at < bidsPerUser.points + bidsPerUser.burst; at += 1) {
      expect(await call('bid.place', bidder, bid)).toMatchObject({
        outcome: { outcome: 'accepted' },
      })
    }
    const refused = await call('bid.place', bidder, bid)
    expect(refused).toMatchObject(outcomeCode('rate_limited'))
    expect(refused).toMatchObject({
      outcome: { scope: 'lot', retryable: true, clientBidId: bidId },
    })
    expect(refused).toHaveProperty('outcome.retryAfterMs', expect.any(Number))
    const elsewhere = await call('bid.place', bidder, { ...bid, lotId: draftId })
    expect(elsewhere).toMatchObject({ outcome: { outcome: 'accepted' } })
    const other = await call('bid.place', caller(identity('bob')), bid)
    expect(other).toMatchObject({ outcome: { outcome: 'accepted' } })
  })

  test('over all lots a user has a limit too', async () => {
    const bidsPerUserAllLots = { ...RATES.bidsPerUserAllLots, windowMs: 60_000 }
    const call = callsOn({ rates: { bidsPerUser: 'off', bidsPerUserAllLots } })
    for (let at = 0; at < bidsPerUserAllLots.points; at += 1) {
      expect(await call('bid.place', bidder, bid)).toMatchObject({
        outcome: { outcome: 'accepted' },
      })
    }
    const refused = await call('bid.place', bidder, { ...bid, lotId: draftId })
    expect(refused).toMatchObject({ outcome: { code: 'rate_limited', scope: 'user' } })
  })
})

test('a bid said behind a retraction, without waiting for its answer, does not overtake it', async () => {
  const house = houseOf()
  const call = callsOn({ house })
  const retraction = { lotId, clientBidId: bidId, reason: 'typing_error' }
  await Promise.all([call('bid.retract', bidder, retraction), call('bid.place', bidder, bid)])
  expect(house.asked.map(({ type }) => type)).toEqual(['retract_bid', 'place_bid'])
})

test('a retraction sent again has the id of the first, one for another reason has not', async () => {
  const house = houseOf()
  const call = callsOn({ house })
  const retraction = { lotId, clientBidId: bidId, reason: 'typing_error' }
  await call('bid.retract', bidder, retraction)
  await call('bid.retract', bidder, retraction)
  await call('bid.retract', bidder, { ...retraction, reason: 'description_changed' })
  await call('bid.retract', bidder, { ...retraction, commandId: 'another-try' })
  const [first, again, other, own] = house.asked.map(({ commandId }) => commandId)
  expect(again).toBe(first)
  expect(other).not.toBe(first)
  expect(own).toBe('another-try')
})

describe('lots', () => {
  const terms = {
    title: 'Palm Pilot',
    currency: 'USD',
    format: 'english',
    startPrice: 1_000,
    startsAt: noonMs,
    endsAt: noonMs + 3_600_000,
  }

  test('a creation under the same key makes the same lot; another user’s does not', async () => {
    const house = houseOf()
    const call = callsOn({ house })
    const created = await call('lot.create', seller, { ...terms, commandId: 'k1' })
    await call('lot.create', seller, { ...terms, commandId: 'k1' })
    await call('lot.create', caller(identity('tom', 'seller')), { ...terms, commandId: 'k1' })
    await call('lot.create', seller, terms)
    await call('lot.create', seller, terms)
    const ids = house.asked.map((command) => command.lotId)
    expect(ids[1]).toBe(ids[0])
    expect(new Set(ids).size).toBe(4)
    expect(created).toMatchObject({
      outcome: { outcome: 'accepted', lotId: ids[0], state: 'draft' },
    })
  })

  test('the key is not part of the lot', async () => {
    const house = houseOf()
    await callsOn({ house })('lot.create', seller, { ...terms, commandId: 'k1' })
    expect(house.asked[0]).toMatchObject({ type: 'create_lot', commandId: 'k1' })
    expect(house.asked[0]).not.toHaveProperty('terms.commandId')
  })

  test('an update hands on what changes and nothing else', async () => {
    const house = houseOf()
    await callsOn({ house })('lot.update', seller, { lotId, title: 'Palm V', reservePrice: null })
    expect(house.asked[0]).toMatchObject({
      type: 'update_lot',
      lotId,
      actor: { userId: 'sel' },
      changes: { title: 'Palm V', reservePrice: null },
    })
  })

  test('a lot shows its bidder how it stands, and a watcher nothing of that', async () => {
    const you = { leading: true, max: 5_000, alias: 'Bidder 1' }
    const call = callsOn({
      book: bookOf({ standing: async (_, userId) => (userId === 'ann' ? you : undefined) }),
    })
    expect(await call('lot.get', bidder, { lotId })).toMatchObject({ data: { lotId, you } })
    for (const other of [nobody, caller(identity('bob'))]) {
      const result = await call('lot.get', other, { lotId })
      expect(result).toMatchObject({ kind: 'data', data: { lotId } })
      expect(result).not.toHaveProperty('data.you')
    }
  })

  test.each<[MethodName]>([['lot.get'], ['lot.bids']])(
    '%s finds a draft for its seller and services only',
    async (method) => {
      const call = callsOn()
      for (const other of [nobody, bidder, caller(identity('adm', 'admin', 'moderator'))]) {
        const result = await call(method, other, { lotId: draftId })
        expect(result).toMatchObject(outcomeCode('lot_not_found'))
      }
      for (const own of [seller, caller(identity('svc', 'service'))]) {
        expect(await call(method, own, { lotId: draftId })).toMatchObject({ kind: 'data' })
      }
    },
  )

  test.each<[MethodName]>([['lot.publish'], ['lot.update'], ['lot.withdraw'], ['lot.cancel']])(
    '%s by somebody else: a draft is not found, a lot is not theirs, and nobody’s is not there',
    async (method) => {
      const house = houseOf()
      const call = callsOn({ house })
      const draft = await call(method, bidder, { lotId: draftId })
      expect(draft).toMatchObject(outcomeCode('lot_not_found'))
      expect(await call(method, bidder, { lotId })).toMatchObject({ error: 'permission_denied' })
      const missing = await call(method, bidder, { lotId: bidId })
      expect(missing).toMatchObject(outcomeCode('lot_not_found'))
      expect(await call(method, nobody, { lotId })).toMatchObject({ error: 'unauthorized' })
      expect(house.asked).toEqual([])
    },
  )

  test('a service may do all of it with anybody’s lot', async () => {
    const house = houseOf()
    const call = callsOn({ house })
    const service = caller(identity('svc', 'service'))
    for (const method of ['lot.publish', 'lot.update', 'lot.withdraw', 'lot.cancel'] as const) {
      const result = await call(method, service, { lotId, reason: 'fraud' })
      expect(result, method).toMatchObject({ outcome: { outcome: 'accepted', state: 'open' } })
    }
    expect(house.asked.map(({ type }) => type)).toEqual([
      'publish_lot',
      'update_lot',
      'withdraw_lot',
      'cancel_lot',
    ])
  })

  test('what the engine refuses is handed on as it is', async () => {
    const call = callsOn({ house: houseOf(refusing('lot_state')) })
    expect(await call('lot.publish', seller, { lotId })).toMatchObject(outcomeCode('lot_state'))
  })
})

test('time.sync tells the clock', async () => {
  const result = await callsOn()('time.sync', nobody, undefined)
  expect(result).toEqual({ kind: 'data', data: { serverTime: noonMs } })
})
