import { expect, test } from 'vitest'
import { fcmPayloadBytesMax, type ReadMessage, readFcmMessage } from './fcm-wire.ts'

const read = (message: unknown): ReadMessage => readFcmMessage(JSON.stringify({ message }))
const field = (message: unknown): string | undefined => {
  const result = read(message)
  return 'violations' in result ? result.violations[0]?.field : undefined
}

test('a message for a token or an installation id holds', () => {
  expect(read({ token: 'abc', data: { key: 'ann:1' } })).toMatchObject({ to: 'abc' })
  expect(read({ fid: 'abc' })).toMatchObject({ to: 'abc' })
})

test.each<[string, unknown, string]>([
  ['no recipient', { data: {} }, 'message'],
  ['two recipients', { token: 'abc', fid: 'abc' }, 'message'],
  ['an empty recipient', { token: '' }, 'message'],
  ['data that is no text', { token: 'abc', data: { seq: 12 } }, 'message.data.seq'],
  ['a reserved key', { token: 'abc', data: { from: 'ann' } }, 'message.data'],
  ['a key with a reserved beginning', { token: 'abc', data: { 'gcm.x': '1' } }, 'message.data'],
  [
    'a time to live that is no duration',
    { token: 'abc', android: { ttl: 60 } },
    'message.android.ttl',
  ],
  ['more than four weeks', { token: 'abc', android: { ttl: '2419201s' } }, 'message.android.ttl'],
  [
    'a background push at once',
    { token: 'abc', apns: { headers: { 'apns-push-type': 'background', 'apns-priority': '10' } } },
    'message.apns.headers',
  ],
  [
    'a collapse id that Apple does not take',
    { token: 'abc', apns: { headers: { 'apns-collapse-id': 'ä'.repeat(33) } } },
    'message.apns.headers',
  ],
])('FCM refuses %s', (_, message, expected) => {
  expect(field(message)).toBe(expected)
})

test('FCM refuses what is no JSON', () => {
  expect(readFcmMessage('{')).toHaveProperty('violations')
})

const saying = (body: string) => ({
  token: 'abc',
  data: { key: 'ann:1' },
  notification: { title: 'Ann', body },
})

test('counts keys and values in bytes, and refuses what is above its limit', () => {
  // Apple's limit is over the JSON that it gets, whose own characters count.
  const json = Buffer.byteLength(
    JSON.stringify({ key: 'ann:1', aps: { alert: { title: 'Ann', body: '' } } }),
  )
  const room = fcmPayloadBytesMax - json
  expect(read(saying('ä'.repeat(room / 2)))).toHaveProperty('to')
  expect(read(saying('ä'.repeat(room / 2 + 1)))).toEqual({ tooLarge: true })
})
