import { expect, test } from 'vitest'
import { commitsPerPassMax, eventsPerPassMax, failureDelays, pauseMs, pollMs } from './limits.ts'

test('a pass of commits with a few events each is bounded by the commits', () => {
  expect(eventsPerPassMax).toBeGreaterThan(4 * commitsPerPassMax)
})

test('the pause is not felt, and the look-out without a hint is no load', () => {
  expect(pauseMs).toBeLessThanOrEqual(50)
  expect(pollMs).toBeGreaterThanOrEqual(10 * pauseMs)
})

test('delays after failures grow', () => {
  expect(failureDelays.delayMsMin).toBeLessThan(failureDelays.delayMsMax)
})
