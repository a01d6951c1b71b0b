import { expect, test } from 'vitest'
import {
  commitsPerPassMax,
  deskRetry,
  deskTriesMax,
  deskWaitMsMax,
  deviceMarksKeptMs,
  devicesKeptMs,
  eventsPerPassMax,
  failureDelays,
  feedKeepingPeriodMs,
  gatherMarksMs,
  notificationsKeptMs,
  pauseMs,
  pollMs,
  seenPrecisionMs,
} from './limits.ts'

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

test('a gateway, which waits two seconds, hears what became of a command', () => {
  expect(deskWaitMsMax + deskTriesMax * deskRetry.delayMsMax).toBeLessThanOrEqual(2_000)
})

test('an acknowledgement is written long before a push is decided upon, three seconds after', () => {
  expect(gatherMarksMs * 10).toBeLessThan(3_000)
})

test('what is kept for days is looked at far more often, and a device that is used is not forgotten', () => {
  expect(feedKeepingPeriodMs * 100).toBeLessThan(deviceMarksKeptMs)
  expect(deviceMarksKeptMs).toBeLessThan(notificationsKeptMs)
  expect(seenPrecisionMs * 24).toBeLessThan(devicesKeptMs)
})
