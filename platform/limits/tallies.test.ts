import { expect, test } from 'vitest'
import { Tallies, type Tally } from './tallies.ts'

const windowMs = 10_000

interface Count extends Tally<Count> {
  seen: number
  endsAtMs: number
}

/** @param lastsMs how long a tally counts before it ends */
function counts(keysMax = 100, lastsMs = Number.POSITIVE_INFINITY) {
  const tallies = new Tallies<Count>(windowMs, keysMax, (about) => {
    return { about, seen: 0, endsAtMs: 0, others: undefined }
  })
  return (key: string, nowMs: number, about = '') => {
    const tally = tallies.of(key, about, nowMs)
    if (nowMs >= tally.endsAtMs) tally.seen = 0
    tally.endsAtMs = nowMs + lastsMs
    tally.seen += 1
    return tally.seen
  }
}

test('a key that is seen in each window is never forgotten', () => {
  const count = counts()
  const seen = Array.from({ length: 20 }, (_, nth) => count('ann', nth * 6_000))
  expect(seen.at(-1)).toBe(20)
})

test('a key that was not seen for two windows is new', () => {
  const count = counts()
  count('ann', 0)
  count('bob', 10_000)
  count('bob', 20_000)
  expect(count('ann', 25_000)).toBe(1)
  expect(count('bob', 25_000)).toBe(3)
})

test('where there are too many keys, those seen longest ago are new', () => {
  const count = counts(2)
  for (const key of ['ann', 'bob', 'cat', 'dan', 'eve']) count(key, 0)
  expect(count('eve', 0)).toBe(2)
  expect(count('ann', 0)).toBe(1)
})

test('whatever a key is about is counted for itself', () => {
  const count = counts()
  const abouts = ['lamp', 'vase', 'lamp', '', 'vase', 'lamp', '']
  expect(abouts.map((about) => count('ann', 0, about))).toEqual([1, 1, 2, 1, 2, 3, 2])
  expect(count('bob', 0, 'lamp')).toBe(1)
})

test('whatever has ended is forgotten, though its key is busy with other things', () => {
  const count = counts(100, windowMs)
  let nowMs = 0
  for (let nth = 0; nth < 1_000; nth += 1, nowMs += windowMs / 100) {
    count('ann', nowMs, 'lamp')
    count('ann', nowMs, `lot ${nth}`)
  }
  expect(count('ann', nowMs, 'lot 950')).toBe(2)
  expect(count('ann', nowMs, 'lot 0')).toBe(1)
})

test('what a key was counted for gives way to what it is counted for now', () => {
  const count = counts(100, windowMs)
  expect(count('ann', 0, 'lamp')).toBe(1)
  expect(count('ann', windowMs, 'vase')).toBe(1)
  expect(count('ann', windowMs + 1, 'vase')).toBe(2)
  expect(count('ann', windowMs + 1, 'lamp')).toBe(1)
})
