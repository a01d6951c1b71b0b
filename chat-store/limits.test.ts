import { expect, test } from 'vitest'
import { uploadLinkMs } from '../platform/objects/limits.ts'
import { deleteWindowMs, editWindowMs, receiptIntervalMs } from './core/limits.ts'
import {
  defaultLimits,
  goneAttachmentGraceMs,
  inboxCommandsMax,
  unsentAttachmentMs,
  wakePeriodMs,
} from './limits.ts'

test('the inbox holds several batches of a lane', () => {
  expect(inboxCommandsMax).toBeGreaterThanOrEqual(10 * defaultLimits.batchCommandsMax)
})

test('a receipt that was held back is told well within the interval of receipts', () => {
  expect(wakePeriodMs).toBeLessThanOrEqual(receiptIntervalMs / 2)
})

test('a message can be deleted by its author for at least as long as it can be edited', () => {
  expect(deleteWindowMs).toBeGreaterThanOrEqual(editWindowMs)
})

test('an upload is given up only long after its link has ended', () => {
  expect(unsentAttachmentMs).toBeGreaterThan(4 * uploadLinkMs)
})

test('an upload that is given up outlives every message that was under way', () => {
  expect(goneAttachmentGraceMs).toBeGreaterThan(10 * defaultLimits.inboxWaitMsMax)
})
