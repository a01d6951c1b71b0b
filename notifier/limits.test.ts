import { expect, test } from 'vitest'
import { heldMsMax, RETRY_DELAYS_MS } from './core/webhooks/verdict.ts'
import {
  attemptMs,
  commitsPerPassMax,
  deadKeptMs,
  deliveredKeptMs,
  deliveriesPollMs,
  deliveryLeaseMs,
  deskRetry,
  deskStaleMs,
  deskTriesMax,
  deskWaitMsMax,
  deviceMarksKeptMs,
  devicesKeptMs,
  eventsPerPassMax,
  failingPauseMs,
  failureDelays,
  fcmQuotaShare,
  feedKeepingPeriodMs,
  gatherBidsMs,
  gatherMarksMs,
  lookupMs,
  lotTellings,
  notificationsKeptMs,
  outbidHoldMs,
  pausedWaitMs,
  pauseMs,
  pauseMsMax,
  pollMs,
  pushesInFlightMax,
  pushJobsAtOnce,
  pushMsMax,
  quotaPauseMs,
  secondTryMsMax,
  seenPrecisionMs,
} from './limits.ts'

test('a pass of commits with a few events each is bounded by the commits', () => {
  expect(Math.min(...Object.values(eventsPerPassMax))).toBeGreaterThan(2 * commitsPerPassMax)
})

test('a lot rests no longer than a push of it waits for a later one', () => {
  expect(lotTellings.everyMs).toBeLessThan(lotTellings.everyMsMax)
  expect(lotTellings.everyMsMax).toBeLessThanOrEqual(outbidHoldMs)
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
  expect(deskStaleMs).toBeGreaterThan(5 * 2_000)
})

test('an acknowledgement is written long before a push is decided upon, three seconds after', () => {
  expect(gatherMarksMs * 10).toBeLessThan(3_000)
})

test('what is kept for days is looked at far more often, and a device that is used is not forgotten', () => {
  expect(feedKeepingPeriodMs * 100).toBeLessThan(deviceMarksKeptMs)
  expect(deviceMarksKeptMs).toBeLessThan(notificationsKeptMs)
  expect(seenPrecisionMs * 24).toBeLessThan(devicesKeptMs)
})

test('nobody takes a delivery from somebody who still waits for its receiver', () => {
  expect(deliveryLeaseMs).toBeGreaterThanOrEqual(2 * attemptMs)
})

test('a webhook is paused when one delivery has had nearly all of its attempts', () => {
  const scheduleMs = RETRY_DELAYS_MS.reduce((sum, ms) => sum + ms, 0)
  expect(failingPauseMs).toBeLessThanOrEqual(scheduleMs)
  expect(failingPauseMs).toBeGreaterThan(scheduleMs * 0.9)
  expect(heldMsMax).toBeLessThan(scheduleMs / 10)
})

test('what was given up can be replayed for long after it was', () => {
  expect(deadKeptMs).toBeGreaterThan(3 * pausedWaitMs)
  expect(deadKeptMs).toBeGreaterThan(deliveredKeptMs)
})

test('what is gathered for a second is not late by the look-out, and a look-up not by its asker', () => {
  expect(deliveriesPollMs).toBeLessThanOrEqual(gatherBidsMs / 4)
  expect(lookupMs).toBeLessThan(2_000)
})

test('a push is given up only after the SDK would have, and soon enough for its job to try again', () => {
  const sdkWaitsMs = 15_000
  expect(pushMsMax).toBeGreaterThan(sdkWaitsMs + secondTryMsMax)
  expect(pushMsMax).toBeLessThan(quotaPauseMs)
})

test('every push that a job decides on has a way to FCM, and FCM’s quota is not reached', () => {
  expect(pushesInFlightMax).toBeGreaterThanOrEqual(pushJobsAtOnce)
  expect(fcmQuotaShare).toBeLessThan(1)
  expect(pauseMsMax).toBeGreaterThan(quotaPauseMs)
})
