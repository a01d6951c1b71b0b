import { expect, test } from 'vitest'
import { atLeast, atMost } from './verdict.ts'

const about = { goal: 'P0', says: 'bids', boundBy: 'a bid takes 30 µs' }

test.each([
  ['less than what is wanted', 0.79, false],
  ['exactly what is wanted', 0.8, true],
  ['more than what is wanted', 12_345, true],
  ['what can not be told', Number.NaN, false],
])('of what has to be at least so much, %s is judged', (_, measured, holds) => {
  expect(atLeast(0.8, { ...about, measured, unit: ' ×' })).toMatchObject({ holds })
})

test('a verdict tells what was wanted, what was measured, and what stands beside it', () => {
  const beside = ' (10 bidders)'
  expect(atMost(1_000, { ...about, measured: 1_234.5, unit: ' ms', beside })).toEqual({
    ...about,
    wanted: '≤ 1,000 ms',
    measured: '1,235 ms (10 bidders)',
    holds: false,
  })
})
