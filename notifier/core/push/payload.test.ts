import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  quotation,
  type ShownPush,
  shownMessage,
  silentMessage,
  unshownMessage,
} from './payload.ts'

const nowMs = Date.UTC(2026, 6, 1)
const push: ShownPush = {
  key: 'ann:7',
  about: { type: 'message', seq: 7, messageSeq: 3, orderId: undefined },
  words: { title: 'New message', body: 'hello' },
  tag: 'chat:x',
  collapseKey: undefined,
  isUrgent: true,
  worthUntilMs: nowMs + 86_400_000,
  unread: 4,
  nowMs,
}

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** Whole characters, as a reader counts them. */
const characters = (text: string): string[] =>
  Array.from(
    new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text),
    (each) => each.segment,
  )

describe('something to show', () => {
  test('says what it is, for how long it is worth anything, and how many are unread', () => {
    expect(shownMessage(push)).toEqual({
      data: {
        key: 'ann:7',
        type: 'message',
        seq: '7',
        messageSeq: '3',
        tag: 'chat:x',
        unread: '4',
      },
      notification: { title: 'New message', body: 'hello' },
      android: { priority: 'high', ttlMs: 86_400_000, tag: 'chat:x', notificationCount: 4 },
      apns: {
        pushType: 'alert',
        priority: 10,
        expirationS: nowMs / 1_000 + 86_400,
        collapseId: 'chat:x',
        threadId: 'chat:x',
        badge: 4,
      },
      webpush: { ttlS: 86_400, urgency: 'high', tag: 'chat:x' },
    })
  })

  test('that something later stands in place of tells the app the same, and shows and replaces nothing', () => {
    const shown = shownMessage(push)
    const unshown = unshownMessage(push)
    expect(unshown.data).toEqual(shown.data)
    expect(unshown.notification).toBeUndefined()
    expect(unshown.android).toEqual({ priority: 'normal', ttlMs: 86_400_000 })
    expect(unshown.apns).toMatchObject({ pushType: 'background', priority: 5, badge: 4 })
    expect(unshown.apns.collapseId).toBeUndefined()
    expect(unshown.webpush.tag).toBeUndefined()
  })

  test('that can wait is not urgent, and replaces what waits under its key', () => {
    const calm = shownMessage({ ...push, isUrgent: false, collapseKey: 'digest' })
    expect([calm.android.priority, calm.apns.priority, calm.webpush.urgency]).toEqual([
      'normal',
      5,
      'normal',
    ])
    expect(calm.android.collapseKey).toBe('digest')
  })

  test('is never larger than a push may be, and never ends within a character', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6_000 }),
      fc.constantFrom('👩‍👩‍👧‍👦', '🇩🇪', 'é', '"\\\u0001', 'が').map((one) => one.repeat(2_000)),
    )
    fc.assert(
      fc.property(
        text,
        text,
        fc.string({ minLength: 1, maxLength: 128 }),
        (title, body, userId) => {
          const message = shownMessage({ ...push, key: `${userId}:7`, words: { title, body } })
          expect(bytes(message)).toBeLessThanOrEqual(4_096 - 512)
          const { notification = { title: '', body: '' } } = message
          for (const [said, whole] of [
            [notification.title, title],
            [notification.body, body],
          ] as const) {
            if (said === whole) continue
            const kept = characters(said.slice(0, -1))
            expect(said.endsWith('…')).toBe(true)
            expect(kept.length === 0 || whole.startsWith(kept.slice(0, -1).join(''))).toBe(true)
            expect(characters(whole).slice(0, kept.length).join('')).toBe(kept.join(''))
          }
        },
      ),
    )
  })
})

describe('a quotation', () => {
  test('of a message that is short is all of it', () => {
    expect(quotation('x'.repeat(199))).toBe('x'.repeat(199))
  })

  test('that was cut for the feed ends with a whole character', () => {
    const family = '👩‍👩‍👧‍👦'
    const cut = Array.from(family.repeat(40)).slice(0, 200).join('')
    expect(quotation(cut)).toBe(`${family.repeat(28)}…`)
  })
})

test('what is taken away is told silently, and nothing is shown', () => {
  const message = silentMessage({
    key: 'ann:7:sync',
    clears: ['chat:x', 'lot:y'],
    unread: 0,
    nowMs,
  })
  expect(message).not.toHaveProperty('notification')
  expect(message.data).toEqual({
    key: 'ann:7:sync',
    type: 'sync',
    unread: '0',
    clears: 'chat:x lot:y',
  })
  expect(message.android).toEqual({ priority: 'normal', ttlMs: 3_600_000, collapseKey: 'sync' })
  expect(message.apns).toMatchObject({ pushType: 'background', priority: 5, badge: 0 })
})
