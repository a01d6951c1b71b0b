// What is of the moment in a conversation: who types, who comes and who goes.
import { beforeEach, describe, expect, test } from 'vitest'
import type { ServerMessage } from '../../protocol/frames.ts'
import { crowdMin } from '../limits.ts'
import { noonMs } from '../testing/people.ts'
import { type FakeTalks, saleRoomId, talkId } from '../testing/talks.ts'
import type { Air, FakeSocket } from './testing/air.ts'
import { room, talk, talkingAir } from './testing/talking.ts'

let air: Air
let talks: FakeTalks

beforeEach(async () => {
  air = await talkingAir()
  talks = air.streams.talks
})

function type(conversationId: string, userId: string): void {
  const expiresAt = noonMs + 6_000
  talks.line.tell(conversationId, { conversationId, typing: { userId, expiresAt } })
  air.endTurn()
}

async function join(userId: string | undefined, name: string, joinLeave = false) {
  const socket = air.socket(userId)
  await air.joined(socket, name, { joinLeave })
  return socket
}

/** What it was told without an offset, in order: `typing ann`, `join bob`. */
function moments(socket: FakeSocket): string[] {
  return socket.got.flatMap((each) => (Array.isArray(each) ? each.flatMap(moment) : []))
}

function moment(message: ServerMessage): string[] {
  if (!('push' in message)) return []
  const { push } = message
  if ('join' in push) return [`join ${push.join.info.user}`]
  if ('leave' in push) return [`leave ${push.leave.info.user}`]
  if (!('pub' in push) || push.pub.offset !== undefined) return []
  return [`typing ${(push.pub.data as { readonly userId: string }).userId}`]
}

describe('typing', () => {
  test('is told to the others, without an offset, and to no device of whoever types', async () => {
    const [phone, desk, bob] = [
      await join('ann', talk),
      await join('ann', talk),
      await join('bob', talk),
    ]
    type(talkId, 'ann')
    expect(bob.publications).toEqual([
      { data: { type: 'typing', userId: 'ann', expiresAt: noonMs + 6_000 } },
    ])
    expect([...moments(phone), ...moments(desk)]).toEqual([])
  })

  test('is dropped where a socket lags behind, which no message is', async () => {
    const bob = await join('bob', talk)
    bob.lags = true
    type(talkId, 'ann')
    talks.tell(talkId, talks.say(talkId, 'ann'))
    air.endTurn()
    expect(bob.offsets).toEqual([1])
  })

  test('is told behind what was said before it', async () => {
    const bob = await join('bob', talk)
    talks.tell(talkId, talks.say(talkId, 'ann'))
    type(talkId, 'ann')
    expect(bob.offsets).toEqual([1, undefined])
  })

  test.each([
    ['has blocked', 'bob', 'ann'],
    ['is blocked by', 'ann', 'bob'],
  ])('I24: is not told to whoever %s the one who types', async (_, blocker, blocked) => {
    talks.block(blocker, blocked)
    const bob = await join('bob', room)
    const cid = await join('cid', room)
    type(saleRoomId, 'ann')
    expect(moments(bob)).toEqual([])
    expect(moments(cid)).toEqual(['typing ann'])
  })
})

describe('coming and going', () => {
  test('is told per connection to those who asked for it, oneself included', async () => {
    const [ann, cid] = [await join('ann', talk, true), await join('ann', talk)]
    const bob = await join('bob', talk, true)
    air.hub.unsubscribe(bob, talk)
    air.endTurn()
    expect(moments(ann)).toEqual(['join ann', 'join ann', 'join bob', 'leave bob'])
    expect(moments(cid)).toEqual([])
    expect(moments(bob)).toEqual(['join bob'])
    expect(bob.replies).toHaveLength(1)
    expect(Array.isArray(bob.got[0])).toBe(false)
  })

  test('is heard from other gateways', async () => {
    const ann = await join('ann', talk, true)
    const presence = { change: 'join', client: 'elsewhere', userId: 'bob' } as const
    talks.line.tell(talkId, { conversationId: talkId, presence })
    air.endTurn()
    const info = { client: 'elsewhere', user: 'bob' }
    expect(ann.got.at(-1)).toEqual([{ push: { channel: talk, join: { info } } }])
  })

  test.each([
    ['has blocked', 'ann', 'bob'],
    ['is blocked by', 'bob', 'ann'],
  ])('I24: is not told to whoever %s the one who comes', async (_, blocker, blocked) => {
    talks.block(blocker, blocked)
    const ann = await join('ann', talk, true)
    const bob = await join('bob', talk, true)
    air.hub.unsubscribe(bob, talk)
    air.endTurn()
    expect(moments(ann)).toEqual(['join ann'])
    expect(moments(bob)).toEqual(['join bob'])
  })

  test('in a room says who it is to those alone who look after it', async () => {
    const [sel, ann] = [await join('sel', room, true), await join('ann', room, true)]
    await join('bob', room)
    expect(moments(sel)).toEqual(['join sel', 'join ann', 'join bob'])
    expect(moments(ann)).toEqual(['join ann', 'join '])
  })

  test('is not told in a crowd, and neither is who types there', async () => {
    const ann = await join('ann', room, true)
    for (let others = 1; others < crowdMin; others += 1) await join(undefined, room)
    expect(moments(ann)).toHaveLength(crowdMin)
    const bob = await join('bob', room)
    type(saleRoomId, 'bob')
    expect(moments(ann)).toHaveLength(crowdMin)
    expect(await air.presence.counts(room)).toMatchObject({ clients: crowdMin + 1 })
    air.hub.unsubscribe(bob, room)
    air.endTurn()
    type(saleRoomId, 'bob')
    expect(moments(ann).slice(crowdMin)).toEqual(['leave ', 'typing bob'])
  })
})
