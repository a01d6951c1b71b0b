// Which devices have a conversation open: counted, so that nobody is called to what is before its eyes.
import { beforeEach, expect, test } from 'vitest'
import { deviceConnectionsKey, openConversationKey } from '../../protocol/connection-keys.ts'
import { identity } from '../testing/people.ts'
import { saleRoomId, talkId } from '../testing/talks.ts'
import type { Air, FakeSocket } from './testing/air.ts'
import { room, talk, talkingAir } from './testing/talking.ts'

let air: Air

beforeEach(async () => {
  air = await talkingAir()
})

const phoneOf = (userId: string) => ({ ...identity(userId), deviceId: 'phone' })

async function join(user: Parameters<Air['socket']>[0], name: string): Promise<FakeSocket> {
  const socket = air.socket(user)
  await air.joined(socket, name)
  return socket
}

const held = (...keys: string[]) => air.connectionCounts.held(keys)

test('a device has a conversation open from subscribing until it leaves, each of its sockets', async () => {
  const key = openConversationKey('ann', 'phone', talkId)
  const [one, other] = [await join(phoneOf('ann'), talk), await join(phoneOf('ann'), talk)]
  expect(await held(key)).toEqual([2])
  air.hub.unsubscribe(one, talk)
  air.hub.unsubscribe(one, talk)
  expect(await held(key)).toEqual([1])
  air.hub.unsubscribe(other, talk)
  expect(await held(key)).toEqual([0])
})

test('one conversation is not another, one device not another, and who names no device is none', async () => {
  await join(phoneOf('ann'), room)
  await join({ ...identity('bob'), deviceId: 'desk' }, talk)
  await join('ann', talk)
  expect(
    await held(
      openConversationKey('ann', 'phone', saleRoomId),
      openConversationKey('ann', 'phone', talkId),
      openConversationKey('bob', 'desk', talkId),
      openConversationKey('bob', 'phone', talkId),
      deviceConnectionsKey('ann', 'phone'),
    ),
  ).toEqual([1, 0, 1, 0, 0])
})

test('a token that names another device meanwhile leaves the count of the first one whole', async () => {
  const socket = await join(phoneOf('ann'), talk)
  Object.assign(socket, { identity: { ...identity('ann'), deviceId: 'desk' } })
  air.hub.unsubscribe(socket, talk)
  expect(
    await held(
      openConversationKey('ann', 'phone', talkId),
      openConversationKey('ann', 'desk', talkId),
    ),
  ).toEqual([0, 0])
})

test('whoever leaves before it has joined, or may not join at all, opens nothing', async () => {
  const socket = air.socket(phoneOf('ann'))
  const subscribing = air.subscribe(socket, talk)
  air.hub.unsubscribe(socket, talk)
  expect(await subscribing).toHaveProperty('error')
  const nowhere = '00000000-0000-7000-8000-00000000dead'
  await air.subscribe(air.socket(phoneOf('ann')), `chat:${nowhere}`)
  expect(
    await held(
      openConversationKey('ann', 'phone', talkId),
      openConversationKey('ann', 'phone', nowhere),
    ),
  ).toEqual([0, 0])
})
