import { describe, expect, test } from 'vitest'
import { inBatches } from './in-batches.ts'

const ofOneTurn = { gatherMs: 0, itemsMax: 3 }

/** Doubles numbers, and keeps what it was asked in one go. */
function doubling(fail: (items: readonly number[]) => unknown = () => undefined) {
  const asked: (readonly number[])[] = []
  const many = async (items: readonly number[]) => {
    asked.push(items)
    const error = fail(items)
    if (error !== undefined) throw error
    return items.map((n) => 2 * n)
  }
  return { asked, many }
}

const failure = (code: string) => Object.assign(new Error(code), { code })

describe('what is asked at about the same time', () => {
  test('is asked once, and each has its own answer', async () => {
    const { asked, many } = doubling()
    const double = inBatches(many, ofOneTurn)
    expect(await Promise.all([1, 2].map(double))).toEqual([2, 4])
    expect(await double(5)).toBe(10)
    expect(asked).toEqual([[1, 2], [5]])
  })

  test('of several turns goes together where it may wait', async () => {
    const { asked, many } = doubling()
    const double = inBatches(many, { gatherMs: 50, itemsMax: 10 })
    const first = double(1)
    await new Promise(setImmediate)
    expect(await Promise.all([first, double(2)])).toEqual([2, 4])
    expect(asked).toEqual([[1, 2]])
  })

  test('waits no longer than until there is enough', async () => {
    const { asked, many } = doubling()
    const double = inBatches(many, { ...ofOneTurn, gatherMs: 1_000_000_000 })
    expect(await Promise.all([1, 2, 3].map(double))).toEqual([2, 4, 6])
    expect(asked).toEqual([[1, 2, 3]])
  })

  test('of which one cannot be done fails for that one alone', async () => {
    const invalid = failure('22P02')
    const { many } = doubling((items) => (items.includes(2) ? invalid : undefined))
    const double = inBatches(many, ofOneTurn)
    const ends = await Promise.allSettled([1, 2, 3].map(double))
    expect(ends).toEqual([
      { status: 'fulfilled', value: 2 },
      { status: 'rejected', reason: invalid },
      { status: 'fulfilled', value: 6 },
    ])
  })

  test('fails for all where the database is away, which is not asked again for each', async () => {
    const away = failure('57P01')
    const { asked, many } = doubling(() => away)
    const double = inBatches(many, ofOneTurn)
    const ends = await Promise.allSettled([1, 2, 3].map(double))
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(asked).toHaveLength(1)
  })
})
