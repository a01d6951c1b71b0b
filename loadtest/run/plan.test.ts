import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { sharesOf } from './plan.ts'

test('every device is in exactly one process, and none has one more than another plus one', () => {
  const plan = fc.record({
    connections: fc.integer({ min: 1, max: 200_000 }),
    processes: fc.integer({ min: 1, max: 64 }),
  })
  fc.assert(
    fc.property(plan, (of) => {
      const shares = sharesOf(of)
      expect(shares).toHaveLength(of.processes)
      expect(shares[0]?.from).toBe(0)
      expect(shares.at(-1)?.to).toBe(of.connections)
      for (const [nth, { from }] of shares.entries()) {
        if (nth > 0) expect(shares[nth - 1]?.to).toBe(from)
      }
      const sizes = shares.map(({ from, to }) => to - from)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }),
  )
})
