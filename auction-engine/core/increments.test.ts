import { describe, expect, test } from 'vitest'
import { Increments } from '../../protocol/auction.ts'
import { DEFAULT_INCREMENTS, nextBid, stepAt } from './increments.ts'

describe('increments', () => {
  test('the default bands are such as a seller could have sent', () => {
    expect(Increments.parse(DEFAULT_INCREMENTS)).toEqual(DEFAULT_INCREMENTS)
  })

  test.each([
    [1, 5],
    [99, 5],
    [100, 25],
    [499, 25],
    [500, 50],
    [2_499, 50],
    [2_500, 100],
    [9_999, 100],
    [10_000, 250],
    [24_999, 250],
    [25_000, 500],
    [50_000, 1_000],
    [100_000, 2_500],
    [250_000, 5_000],
    [499_999, 5_000],
    [500_000, 10_000],
    [10 ** 15, 10_000],
  ])('a price of %i is beaten by a step of %i', (price, step) => {
    expect(stepAt(DEFAULT_INCREMENTS, price)).toBe(step)
    expect(nextBid(DEFAULT_INCREMENTS, 1, price)).toBe(price + step)
  })

  test('before the first bid the start price is enough', () => {
    expect(nextBid(DEFAULT_INCREMENTS, 1_234, null)).toBe(1_234)
  })
})
