import { beforeEach, describe, expect, test } from 'vitest'
import { FcmPhone } from './fcm-phone.ts'
import type { FcmWireMessage } from './fcm-wire.ts'

let phone: FcmPhone
let taken: number

beforeEach(() => {
  phone = new FcmPhone('phone', 1_000)
  taken = 0
})

const take = (message: FcmWireMessage, atMs = 0) =>
  phone.take({ atMs, messageId: `m${++taken}`, message })

const says = (body: string, rest: FcmWireMessage = {}): FcmWireMessage => ({
  notification: { title: 'Ann', body },
  ...rest,
})
const collapsing = (body: string, key: string): FcmWireMessage =>
  says(body, { android: { collapse_key: key } })
const bodies = () => phone.view().shown.map(({ body }) => body)

describe('a phone', () => {
  test('shows what arrives, in its order', () => {
    take(says('one'))
    take(says('two'))
    expect(bodies()).toEqual(['one', 'two'])
    expect(phone.view()).toMatchObject({ arrived: 2, doubles: 0, lostMessages: false })
  })

  test('replaces what has the same tag, whichever platform’s it is', () => {
    take(says('one', { android: { notification: { tag: 'chat' } } }))
    take(says('two', { apns: { headers: { 'apns-collapse-id': 'chat' } } }))
    take(says('three', { webpush: { notification: { tag: 'chat' } } }))
    take(says('four', { android: { notification: { tag: 'other' } } }))
    expect(bodies()).toEqual(['three', 'four'])
  })

  test('leaves alone what its app has had by the same key', () => {
    take(says('one', { data: { key: 'ann:1' } }))
    take(says('one', { data: { key: 'ann:1' } }))
    take(says('two', { data: { key: 'ann:2' } }))
    expect(bodies()).toEqual(['one', 'two'])
    expect(phone.view()).toMatchObject({ arrived: 3, doubles: 1 })
  })

  test('shows nothing of a silent message, which clears tags and sets the badge', () => {
    for (const tag of ['a', 'b', 'c']) take(says(tag, { android: { notification: { tag } } }))
    take({ data: { type: 'sync', clears: 'a c' }, apns: { payload: { aps: { badge: 1 } } } })
    expect(bodies()).toEqual(['b'])
    expect(phone.view().badge).toBe(1)
  })

  test('has the badge that it was told last, and keeps it where it is told none', () => {
    take(says('one', { android: { notification: { notification_count: 3 } } }))
    take(says('two', { data: { unread: '4' } }))
    take(says('three'))
    expect(phone.view().badge).toBe(4)
  })

  test('keeps no more than it was told to', () => {
    phone = new FcmPhone('phone', 3)
    for (const n of [1, 2, 3, 4, 5]) take(says(String(n), { data: { key: `ann:${n}` } }))
    expect(bodies()).toEqual(['3', '4', '5'])
    expect(phone.view().deliveries.map(({ messageId }) => messageId)).toEqual(['m3', 'm4', 'm5'])
    expect(phone.view().arrived).toBe(5)
  })
})

describe('for a phone that is away', () => {
  beforeEach(() => phone.goAway())

  test('what is sent waits, and of the same collapse key only the last', () => {
    take(collapsing('outbid at 5', 'outbid'))
    take(says('won'))
    take(collapsing('outbid at 6', 'outbid'))
    expect(phone.view().arrived).toBe(0)
    phone.comeBack(0)
    expect(bodies()).toEqual(['won', 'outbid at 6'])
  })

  test('what is worth nothing any more does not arrive', () => {
    take(says('outbid', { android: { ttl: '60s' } }), 1_000)
    take(says('won', { android: { ttl: '3600s' } }), 1_000)
    take(says('for ever'), 1_000)
    phone.comeBack(61_001)
    expect(bodies()).toEqual(['won', 'for ever'])
  })

  test('only four collapse keys are kept', () => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) take(collapsing(key, key))
    phone.comeBack(0)
    expect(bodies()).toEqual(['b', 'c', 'd', 'e'])
  })

  test('more than a hundred that do not collapse are dropped, all of them', () => {
    for (let n = 0; n < 101; n++) take(says(String(n)))
    take(says('later'))
    phone.comeBack(0)
    expect(bodies()).toEqual(['later'])
    expect(phone.view().lostMessages).toBe(true)
  })
})
