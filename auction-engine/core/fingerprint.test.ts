import { describe, expect, test } from 'vitest'
import type { EngineCommand } from '../../protocol/engine.ts'
import { differingFields, fingerprintOf } from './fingerprint.ts'
import { spokenBy, termsOf } from './testing/words.ts'

const bid: EngineCommand = {
  ...spokenBy('ann', 'one'),
  type: 'place_bid',
  kind: 'proxy',
  amount: 5_000,
  currency: 'U"D',
}

describe('fingerprints', () => {
  test('a bid’s is JSON of what it says', () => {
    expect(JSON.parse(fingerprintOf(bid))).toEqual({
      type: 'place_bid',
      kind: 'proxy',
      amount: 5_000,
      currency: 'U"D',
    })
  })

  test('who says it, under which id and with which confirm token makes no difference', () => {
    const again = { ...bid, ...spokenBy('bob', 'two'), confirmToken: 'yes' }
    expect(fingerprintOf(again)).toBe(fingerprintOf(bid))
  })

  test('the order in which a lot’s terms were written makes no difference', () => {
    const terms = termsOf(['start', '1000', 'softclose', 'add', 'window', '1', 'extend', '1'])
    const reversed = Object.fromEntries(Object.entries(terms).toReversed()) as typeof terms
    const create = { ...spokenBy('seller', 'c'), type: 'create_lot' } as const
    const one = fingerprintOf({ ...create, terms })
    expect(fingerprintOf({ ...create, terms: reversed })).toBe(one)
    expect(fingerprintOf({ ...create, terms: { ...terms, title: 'Lamp' } })).not.toBe(one)
  })

  test('the fields that differ are named, one of them absent or of another command too', () => {
    const other = fingerprintOf({ ...bid, amount: 6_000, kind: 'exact' })
    expect(differingFields(fingerprintOf(bid), other)).toEqual(['amount', 'kind'])
    const withdraw = { ...spokenBy('seller', 'w'), type: 'withdraw_lot' } as const
    const because = fingerprintOf({ ...withdraw, reason: 'broken' })
    expect(differingFields(fingerprintOf(withdraw), because)).toEqual(['reason'])
    expect(differingFields(because, fingerprintOf({ ...withdraw, type: 'publish_lot' }))).toEqual([
      'reason',
      'type',
    ])
  })
})
