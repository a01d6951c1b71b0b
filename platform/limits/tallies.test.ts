import { expect, test } from 'vitest'
import { Tallies } from './tallies.ts'

const windowMs = 1_000

function counts(keysMax = 100) {
  const tallies = new Tallies(windowMs, keysMax, () => ({ seen: 0 }))
  return (key: string, nowMs: number) => (tallies.of(key, nowMs).seen += 1)
}

test('a key that is seen in each window is never forgotten', () => {
  const count = counts()
  const seen = Array.from({ length: 20 }, (_, nth) => count('ann', nth * 600))
  expect(seen.at(-1)).toBe(20)
})

test('a key that was not seen for two windows is new', () => {
  const count = counts()
  count('ann', 0)
  count('bob', 1_000)
  count('bob', 2_000)
  expect(count('ann', 2_500)).toBe(1)
  expect(count('bob', 2_500)).toBe(3)
})

test('where there are too many keys, those seen longest ago are new', () => {
  const count = counts(2)
  for (const key of ['ann', 'bob', 'cat', 'dan', 'eve']) count(key, 0)
  expect(count('eve', 0)).toBe(2)
  expect(count('ann', 0)).toBe(1)
})
