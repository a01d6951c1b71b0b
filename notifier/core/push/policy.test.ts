import { describe, expect, test } from 'vitest'
import { NOTIFICATION_TYPES, type Notification } from '../../../protocol/notifications.ts'
import {
  COLLAPSE_KEYS,
  collapseKeyOf,
  counts,
  disturbs,
  tagOf,
  UNCOUNTED_TYPES,
  worthUntilMs,
} from './policy.ts'

const at = 1_000_000
const hour = 3_600_000
const notification = (type: Notification['type']): Notification => ({
  seq: 7,
  type,
  at,
  lotId: 'L',
  conversationId: 'C',
  messageId: 'M',
  endsAt: at + 30_000,
})

describe('each type', () => {
  test.each([
    // type, worth for ms, tag, disturbs, counts, collapse key
    ['outbid', 30_000, 'lot:L', true, false, 'outbid'],
    ['lot_won', 48 * hour, 'told:7', true, false, undefined],
    ['lot_lost', 48 * hour, 'told:7', false, true, undefined],
    ['lot_ending', 30_000, 'told:7', false, false, undefined],
    ['message', 24 * hour, 'chat:C', false, true, undefined],
    ['offer', 24 * hour, 'offer:M', false, true, undefined],
    ['order_created', 48 * hour, 'told:7', true, true, undefined],
  ] as const)('%s', (type, worthMs, tag, isDisturbing, isCounted, collapseKey) => {
    const told = notification(type)
    expect(worthUntilMs(told) - at).toBe(worthMs)
    expect(tagOf(told)).toBe(tag)
    expect(disturbs(type)).toBe(isDisturbing)
    expect(counts(type)).toBe(isCounted)
    expect(collapseKeyOf(type, 0)).toBe(collapseKey)
  })

  test('no type is left out', () => {
    expect(UNCOUNTED_TYPES).toEqual(NOTIFICATION_TYPES.filter((type) => !counts(type)))
  })
})

test('an outbid is worth a minute at most, and a lot’s warning until its end, as it is by now', () => {
  expect(worthUntilMs(notification('outbid'), at + 10 * hour)).toBe(at + 60_000)
  expect(worthUntilMs(notification('outbid'), at + 5_000)).toBe(at + 5_000)
  expect(worthUntilMs(notification('lot_ending'), at + 90_000)).toBe(at + 90_000)
})

test('a device that is away and full is told of talk by the last of it', () => {
  expect(collapseKeyOf('message', 49)).toBeUndefined()
  expect(collapseKeyOf('message', 50)).toBe('chat')
  expect(collapseKeyOf('lot_won', 5_000)).toBeUndefined()
})

test('no more keys than the push service keeps apart, and no tag longer than Apple takes', () => {
  expect(COLLAPSE_KEYS.length).toBeLessThanOrEqual(4)
  const uuid = '0190a1b2-1111-7222-8333-123456789abc'
  for (const type of NOTIFICATION_TYPES) {
    const ids = { lotId: uuid, conversationId: uuid, messageId: uuid }
    expect(tagOf({ ...notification(type), ...ids, seq: 2 ** 53 }).length).toBeLessThanOrEqual(64)
  }
})
