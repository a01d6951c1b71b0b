import { expect, test } from 'vitest'
import { deleteWindowMs, editWindowMs, receiptIntervalMs } from './core/limits.ts'
import { defaultLimits, inboxCommandsMax, wakePeriodMs } from './limits.ts'

test('the inbox holds several batches of a lane', () => {
  expect(inboxCommandsMax).toBeGreaterThanOrEqual(10 * defaultLimits.batchCommandsMax)
})

test('a receipt that was held back is told well within the interval of receipts', () => {
  expect(wakePeriodMs).toBeLessThanOrEqual(receiptIntervalMs / 2)
})

test('a message can be deleted by its author for at least as long as it can be edited', () => {
  expect(deleteWindowMs).toBeGreaterThanOrEqual(editWindowMs)
})
