import { expect, test } from 'vitest'
import { mediansOf, takeRounds, timesInRound } from './turns.ts'

const rate = (each: number): number => each

const turnOf = (name: string, rates: number[]) => ({
  name,
  measure: async () => ({ rate: rates.shift() ?? 0 }),
})

test('what takes turns is found round by round', async () => {
  const told: string[] = []
  const turns = [turnOf('engine', [30, 10, 20]), turnOf('naive', [3, 1, 2])]
  const found = await takeRounds<'rate'>(turns, { rounds: 3, say: (line) => told.push(line) })

  expect(found[0]).toEqual([{ rate: 30 }, { rate: 10 }, { rate: 20 }])
  expect(mediansOf<'rate'>(found[1] ?? [])).toEqual({ rate: 2 })
  expect(told[1]).toBe('round 1 of 3, naive: rate 3')
  expect(told).toHaveLength(6)
})

test('a ratio is that of ways in the same round, however slow the machine is in it', () => {
  // Two medians apart would say 3 times as much, which it was in one round alone.
  expect(timesInRound([80, 60, 8], [20, 20, 2], rate)).toBe(4)
  expect(timesInRound([80], [0], rate)).toBe(0)
  expect(timesInRound([], [], rate)).toBe(0)
})
