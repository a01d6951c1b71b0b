import { expect, test } from 'vitest'
import * as limits from './limits.ts'

const { defaultLimits } = limits

test('the inbox holds several batches of a lane', () => {
  expect(limits.inboxCommandsMax).toBeGreaterThanOrEqual(10 * defaultLimits.batchCommandsMax)
})

test('a receipt that was held back is told well within the interval of receipts', () => {
  expect(limits.wakePeriodMs).toBeLessThanOrEqual(limits.receiptIntervalMs / 2)
})

test('a message can be deleted by its author for at least as long as it can be edited', () => {
  expect(limits.deleteWindowMs).toBeGreaterThanOrEqual(limits.editWindowMs)
})
