import { assert, constant, oneof, property, string, stringMatching, tuple, uuid } from 'fast-check'
import { expect, test } from 'vitest'
import {
  addressConnectionsKey,
  deviceConnectionsKey,
  openConversationKey,
  userConnectionsKey,
} from './connection-keys.ts'

/** As of `UserId`: anything but what divides. */
const userIds = string({ minLength: 1, maxLength: 6 }).filter((id) => !/[\s:#]/u.test(id))
/** Chosen by the client, with whatever could be taken for a part of a key. */
const deviceIds = stringMatching(/^[:a-z0-9]{1,8}$/u)

const holders = oneof(
  tuple(constant('user'), userIds),
  tuple(constant('address'), deviceIds),
  tuple(constant('device'), userIds, deviceIds),
  tuple(constant('open'), userIds, deviceIds, uuid()),
)

function keyOf([of, first = '', second = '', third = '']: readonly string[]): string {
  if (of === 'user') return userConnectionsKey(first)
  if (of === 'address') return addressConnectionsKey(first)
  if (of === 'device') return deviceConnectionsKey(first, second)
  return openConversationKey(first, second, third)
}

test('no two users, addresses, devices or open conversations share a key', () => {
  assert(
    property(holders, holders, (one, other) => {
      expect(keyOf(one) === keyOf(other)).toBe(JSON.stringify(one) === JSON.stringify(other))
    }),
  )
})
