// What users ask of their feeds, and settle about them and their devices.
import { describe, expect, test } from 'vitest'
import type { FeedOutcome } from '../../protocol/feed.ts'
import type { MethodName } from '../../protocol/methods.ts'
import { callsOn } from '../testing/calls.ts'
import { chatStoreOf, conversationId } from '../testing/conversations.ts'
import { deviceMarksOf, feedBookOf, feedOfficeOf } from '../testing/feeds.ts'
import { caller, identity, nobody, noonMs } from '../testing/people.ts'

const ann = caller(identity('ann'))
const annOnPixel = caller({ ...identity('ann'), deviceId: 'pixel' })
const annActs = { userId: 'ann', roles: [] }
const device = {
  deviceId: 'pixel',
  platform: 'android',
  token: 'abc',
  locale: 'en',
  timeZone: 'UTC',
}

const methods: readonly [MethodName, object][] = [
  ['notification.list', {}],
  ['notification.read', { seq: 1 }],
  ['notification.delivered', { seq: 0 }],
  ['notification.preferences', {}],
  ['notification.prefer', { previews: false }],
  ['device.list', {}],
  ['device.register', device],
  ['device.remove', { deviceId: 'pixel' }],
]

const untouched = async () => await Promise.reject(new Error('looked at'))

test.each(methods)('%s needs a token, and nothing is looked at before', async (method, params) => {
  const feedOffice = feedOfficeOf()
  const feedBook = feedBookOf({ page: untouched, preferences: untouched, devices: untouched })
  const call = callsOn({ feedOffice, feedBook, userFeed: { head: untouched } })
  expect(await call(method, nobody, params)).toMatchObject({ error: 'unauthorized' })
  expect(feedOffice.asked).toEqual([])
})

describe('reading', () => {
  test('is of the caller’s own, with what was asked', async () => {
    const asked: unknown[] = []
    const call = callsOn({
      feedBook: feedBookOf({
        page: async (...args) => {
          asked.push(args)
          return { items: [], readSeq: 3, unread: 4 }
        },
      }),
    })
    const answer = await call('notification.list', ann, { before: '7', limit: 2 })
    expect(answer).toEqual({ kind: 'data', data: { items: [], readSeq: 3, unread: 4 } })
    await call('notification.list', ann, {})
    expect(asked).toEqual([
      ['ann', { before: 7, limit: 2 }],
      ['ann', { limit: 50 }],
    ])
  })

  test.each([
    [{ limit: 0 }, 'limit: expected at least 1'],
    [{ limit: 301 }, 'limit: expected at most 300'],
    [{ before: 0 }, 'before: expected at least 1'],
    [{ before: 'x' }, 'before: expected a whole number'],
  ])('a page with %j is refused by name', async (params, detail) => {
    expect(await callsOn()('notification.list', ann, params)).toMatchObject({
      error: 'bad_request',
      detail,
    })
  })
})

describe('settling', () => {
  test('is brought to a notifier in the caller’s name', async () => {
    const feedOffice = feedOfficeOf()
    const call = callsOn({ feedOffice })
    await call('notification.read', ann, { seq: 3 })
    await call('notification.prefer', ann, { types: { outbid: 'feed' } })
    await call('device.register', ann, device)
    await call('device.remove', ann, { deviceId: 'old' })
    expect(feedOffice.asked).toEqual([
      { type: 'mark_read', seq: 3, actor: annActs },
      { type: 'set_preferences', changes: { types: { outbid: 'feed' } }, actor: annActs },
      { type: 'register_device', device: { ...device, tokenKind: 'token' }, actor: annActs },
      { type: 'remove_device', deviceId: 'old', actor: annActs },
    ])
  })

  test('is held back beyond the limit, by user and for all of it together', async () => {
    const feedOffice = feedOfficeOf()
    const rates = { feedCommandsPerUser: { points: 2, windowMs: 60_000 } }
    const call = callsOn({ feedOffice, rates })
    await call('notification.read', ann, { seq: 1 })
    await call('device.register', ann, device)
    const held = await call('notification.prefer', ann, { previews: true })
    expect(held).toMatchObject({
      kind: 'outcome',
      limit: 'feedCommandsPerUser',
      outcome: { outcome: 'refused', code: 'rate_limited', retryable: true, serverTime: noonMs },
    })
    expect(held).toHaveProperty('outcome.retryAfterMs')
    expect(feedOffice.asked).toHaveLength(2)
    expect(await call('notification.read', caller(identity('bob')), { seq: 1 })).toMatchObject({
      outcome: { outcome: 'accepted' },
    })
    // Reading is not settling, and neither is what a device acknowledges by itself.
    expect(await call('notification.list', ann, {})).toMatchObject({ kind: 'data' })
    expect(await call('notification.delivered', ann, { seq: 0 })).toMatchObject({
      outcome: { outcome: 'accepted' },
    })
  })
})

describe('what a device acknowledges', () => {
  const mark = { userId: 'ann', deviceId: 'pixel' }

  test('of the feed is noted for that device, up to the end of the feed', async () => {
    const deviceMarks = deviceMarksOf()
    const call = callsOn({ deviceMarks, userFeed: { head: async () => 4 } })
    expect(await call('notification.delivered', annOnPixel, { seq: 4 })).toEqual({
      kind: 'outcome',
      outcome: { outcome: 'accepted', serverTime: noonMs },
    })
    expect(await call('notification.delivered', annOnPixel, { seq: 5 })).toMatchObject({
      outcome: { outcome: 'refused', code: 'mark_beyond_end', max: 4, retryable: true },
    })
    expect(deviceMarks.noted).toEqual([{ ...mark, seq: 4 }])
  })

  test('by reading is noted once the notifier has accepted it', async () => {
    const deviceMarks = deviceMarksOf()
    let outcome: FeedOutcome = { outcome: 'accepted', serverTime: noonMs, readSeq: 9, unread: 0 }
    const call = callsOn({ deviceMarks, feedOffice: feedOfficeOf(() => outcome) })
    // Another device had read further: this one is told so, and has come as far as it says.
    await call('notification.read', annOnPixel, { seq: 3 })
    outcome = { outcome: 'unknown', code: 'outcome_unknown', serverTime: noonMs, retryable: true }
    await call('notification.read', annOnPixel, { seq: 4 })
    expect(deviceMarks.noted).toEqual([{ ...mark, seq: 3 }])
  })

  test('in a conversation is noted once the chat store has accepted it', async () => {
    const deviceMarks = deviceMarksOf()
    const call = callsOn({ deviceMarks })
    await call('chat.delivered', annOnPixel, { conversationId, upToSeq: 2 })
    await call('chat.read', annOnPixel, { conversationId, upToSeq: 3 })
    expect(deviceMarks.noted).toEqual([
      { ...mark, conversationId, seq: 2 },
      { ...mark, conversationId, seq: 3 },
    ])
    const refusing = chatStoreOf({
      submit: () => ({
        outcome: 'refused',
        code: 'mark_beyond_end',
        max: 3,
        serverTime: noonMs,
        retryable: true,
      }),
    })
    await callsOn({ deviceMarks, chatStore: refusing })('chat.read', annOnPixel, {
      conversationId,
      upToSeq: 9,
    })
    expect(deviceMarks.noted).toHaveLength(2)
  })

  test('whose token names no device is accepted without effect', async () => {
    const deviceMarks = deviceMarksOf()
    const call = callsOn({ deviceMarks, userFeed: { head: async () => 4 } })
    for (const result of [
      await call('notification.delivered', ann, { seq: 1 }),
      await call('notification.read', ann, { seq: 1 }),
      await call('chat.read', ann, { conversationId, upToSeq: 1 }),
    ]) {
      expect(result).toMatchObject({ outcome: { outcome: 'accepted' } })
    }
    expect(deviceMarks.noted).toEqual([])
  })
})
