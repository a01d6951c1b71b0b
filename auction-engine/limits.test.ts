import { expect, test } from 'vitest'
import * as limits from './limits.ts'

const { defaultLimits } = limits

test('an owner renews several times before it must stop admitting, and stops before its lease ends', () => {
  expect(defaultLimits.leaseMs).toBeGreaterThanOrEqual(limits.leaseMsMin)
  expect(limits.leaseMsMin - limits.leaseSafetyMs).toBeGreaterThanOrEqual(3 * limits.heartbeatMs)
  expect(limits.leaseSafetyMs).toBeGreaterThan(0)
})

test('a lot that is about to open or close is found by at least two heartbeats before', () => {
  expect(limits.dueHorizonMs).toBeGreaterThanOrEqual(2 * limits.heartbeatMs)
  expect(limits.lotIdleMs).toBeGreaterThan(limits.dueHorizonMs)
})

test('the inbox holds several batches', () => {
  expect(limits.inboxCommandsMax).toBeGreaterThanOrEqual(10 * defaultLimits.decisionsPerBatchMax)
})

test('the earlier answers to all commands of a batch fit in memory, or deciding it again would not end', () => {
  expect(defaultLimits.answersPerLaneMax).toBeGreaterThanOrEqual(
    2 * defaultLimits.decisionsPerBatchMax,
  )
})

test('a dead engine’s lots have another owner within six seconds', () => {
  // The lease was renewed the moment before it died; the rest is for bringing the lots into memory.
  const noticedMs = defaultLimits.leaseMs + limits.lookEachMs
  expect(noticedMs + 500).toBeLessThanOrEqual(6_000)
})

test('when the shards of a dead engine become free, the others know that they share them', () => {
  expect(limits.attendanceMs + limits.heartbeatMs).toBeLessThanOrEqual(limits.leaseMsMin)
  expect(limits.attendanceMs).toBeGreaterThanOrEqual(3 * limits.heartbeatMs)
  // Whoever has a share of them comes first.
  expect(limits.orphanedMs).toBeGreaterThan(limits.heartbeatMs + limits.lookEachMs)
})

test('a lot that stays with its owner until it closes may be handed over in the end', () => {
  expect(limits.closingMs).toBeGreaterThan(limits.handoffWaitMs + limits.heartbeatMs)
  expect(limits.failoverGraceMs).toBeGreaterThan(limits.closingMs)
  expect(limits.handoffWaitMs).toBeGreaterThan(limits.handoffMsMax)
})
