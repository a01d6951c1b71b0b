import { expect, test } from 'vitest'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { describeLimits } from './limits.contract.ts'
import { createMemoryLimits } from './memory-limits.ts'

describeLimits('limits in memory', async (table) => createMemoryLimits(table))

test('a window begins with the first point taken, and ends at its length', () => {
  const clock = new VirtualClock()
  const limits = createMemoryLimits({ bids: { points: 2, windowMs: 1_000 } }, clock)
  const take = () => limits.take('bids', 'ann')
  clock.advance(700)
  expect([take(), take()]).toEqual([{ allowed: true }, { allowed: true }])
  clock.advance(400)
  expect(take()).toEqual({ allowed: false, retryAfterMs: 600 })
  clock.advance(599)
  expect(take()).toEqual({ allowed: false, retryAfterMs: 1 })
  clock.advance(1)
  expect([take(), take()]).toEqual([{ allowed: true }, { allowed: true }])
  expect(take()).toEqual({ allowed: false, retryAfterMs: 1_000 })
})

test('who has used up the burst waits for whichever comes first, the rate or the burst', () => {
  const clock = new VirtualClock()
  const limits = createMemoryLimits({ sends: { points: 1, windowMs: 1_000, burst: 1 } }, clock)
  const take = () => limits.take('sends', 'ann')
  expect([take(), take()]).toEqual([{ allowed: true }, { allowed: true }])
  expect(take()).toEqual({ allowed: false, retryAfterMs: 1_000 })
  clock.advance(1_000)
  // The burst is given again after ten windows only.
  expect(take()).toEqual({ allowed: true })
  expect(take()).toEqual({ allowed: false, retryAfterMs: 1_000 })
})
