import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sharesOf } from '../run/plan.ts'
import { pairsOf } from './pairs.ts'

test('everybody has one to talk with in the same process, but for the last of an odd share', () => {
  const plan = fc.record({
    connections: fc.integer({ min: 1, max: 2_000 }),
    processes: fc.integer({ min: 1, max: 16 }),
  })
  fc.assert(
    fc.property(plan, (of) => {
      const pairs = pairsOf(of)
      expect(pairs.map(({ nth }) => nth)).toEqual([...pairs.keys()])
      const paired = pairs.flatMap(({ first, second }) => [first, second])
      expect(new Set(paired).size).toBe(paired.length)
      for (const { from, to } of sharesOf(of)) {
        const here = paired.filter((nth) => nth >= from && nth < to)
        expect(here).toHaveLength(to - from - ((to - from) % 2))
      }
    }),
  )
})
