import { expect, test } from 'vitest'
import * as limits from './limits.ts'

const { defaultLimits } = limits

test('an owner renews several times before it must stop admitting, and stops before its lease ends', () => {
  expect(defaultLimits.leaseMs - limits.leaseSafetyMs).toBeGreaterThanOrEqual(
    3 * limits.heartbeatMs,
  )
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
