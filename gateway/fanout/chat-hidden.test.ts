// What is hidden from whoever has blocked somebody.
import { beforeEach, describe, expect, test } from 'vitest'
import { settled } from '../../platform/testing/turns.ts'
import { blockChangesMax } from '../limits.ts'
import type { HiddenPeople } from '../ports/chat-book.ts'
import { type FakeTalks, messageIdOf, saleRoomId, talkId } from '../testing/talks.ts'
import type { Air, FakeSocket } from './testing/air.ts'
import {
  dataOf,
  from,
  recoveredTexts,
  room,
  talk,
  talkingAir,
  textsIn,
  textsOf,
  told,
} from './testing/talking.ts'

let air: Air
let talks: FakeTalks

beforeEach(async () => {
  air = await talkingAir()
  talks = air.streams.talks
})

/** Commits and tells. */
function say(conversationId: string, senderId: string, text = 'hello'): void {
  talks.tell(conversationId, talks.say(conversationId, senderId, text))
}

const types = (socket: FakeSocket): string[] => told(socket).map(({ type }) => type)

describe('I24: in a room whoever has blocked somebody', () => {
  test('is told that something is hidden, at its offset, in stream, recovery and snapshot', async () => {
    talks.block('ann', 'bob')
    const [ann, cid, hidden] = [air.socket('ann'), air.socket('cid'), { type: 'hidden', seq: 1 }]
    await air.joined(ann, room)
    await air.joined(cid, room)
    say(saleRoomId, 'bob', 'one')
    say(saleRoomId, 'cid', 'two')
    air.endTurn()
    expect(told(ann)).toMatchObject([hidden, { message: { text: 'two' } }])
    expect(told(ann)[0]?.message).toBeUndefined()
    expect(textsOf(told(cid))).toEqual(['one', 'two'])
    const recovered = await air.joined(air.socket('ann'), room, { ...from, offset: 0 })
    expect(recovered.publications?.map(({ data }) => data)).toMatchObject([hidden, {}])
    expect(recoveredTexts(recovered)).toEqual([undefined, 'two'])
    expect(textsIn(await air.joined(air.socket('ann'), room))).toEqual(['two'])
  })

  test('sees nothing of the other through what third people do either', async () => {
    talks.block('ann', 'bob')
    const ann = air.socket('ann')
    await air.joined(ann, room)
    say(saleRoomId, 'bob', 'one')
    const messageId = messageIdOf(1)
    const replyTo = { messageId, senderId: 'bob', kind: 'text', text: 'one' } as const
    talks.tell(saleRoomId, talks.say(saleRoomId, 'cid', 'so?', { replyTo }))
    const reactions = [{ emoji: '👍', count: 1 }]
    talks.tell(saleRoomId, talks.change(saleRoomId, 'cid', 1, 'reaction_changed', { reactions }))
    air.endTurn()
    expect(types(ann)).toEqual(['hidden', 'message_created', 'hidden'])
    expect(told(ann)[1]?.message).toMatchObject({ text: 'so?' })
    expect(JSON.stringify(ann.got)).not.toContain('"bob"')
    const snapshot = dataOf(await air.joined(air.socket('ann'), room))
    expect(JSON.stringify(snapshot)).not.toContain('"bob"')
    expect(snapshot.conversation.lastMessage?.text).toBe('so?')
  })

  test('is told so from the moment of the block on, and no more from that of its end', async () => {
    const ann = air.socket('ann')
    await air.joined(ann, room)
    say(saleRoomId, 'bob')
    air.endTurn()
    talks.tellBlock(talks.block('ann', 'bob'))
    say(saleRoomId, 'bob')
    air.endTurn()
    talks.tellBlock(talks.block('ann', 'bob', false))
    say(saleRoomId, 'bob')
    air.endTurn()
    expect(types(ann)).toEqual(['message_created', 'hidden', 'message_created'])
  })

  test('is told so too where the block was announced while it was joining', async () => {
    const { promise, resolve } = Promise.withResolvers<HiddenPeople>()
    Object.assign(talks.book, { hidden: () => promise })
    const ann = air.socket('ann')
    const subscribing = air.subscribe(ann, room)
    await settled()
    talks.tellBlock(talks.block('ann', 'bob'))
    // It was read before the block.
    resolve({ blocked: new Set(), blockedBy: new Set() })
    await subscribing
    air.endTurn()
    say(saleRoomId, 'bob')
    air.endTurn()
    expect(types(ann)).toEqual(['hidden'])
  })

  test('joins nothing while more blocks are announced than are remembered', async () => {
    const { promise, resolve } = Promise.withResolvers<HiddenPeople>()
    Object.assign(talks.book, { hidden: () => promise })
    const subscribing = air.subscribe(air.socket('ann'), room)
    await settled()
    for (let nth = 0; nth <= blockChangesMax; nth += 1) {
      talks.tellBlock({ blockerId: `u${nth}`, blockedId: 'bob', blocked: true })
    }
    resolve({ blocked: new Set(), blockedBy: new Set() })
    expect(await subscribing).toMatchObject({ error: { code: 100, temporary: true } })
  })

  test('is told so within a minute where the announcement was lost', async () => {
    const ann = air.socket('ann')
    await air.joined(ann, room)
    talks.block('ann', 'bob')
    say(saleRoomId, 'bob')
    air.endTurn()
    air.clock.advance(61_000)
    await settled()
    say(saleRoomId, 'bob')
    air.endTurn()
    expect(types(ann)).toEqual(['message_created', 'hidden'])
  })

  test('where two talk, not even the other’s marks are told', async () => {
    talks.block('ann', 'bob')
    const [ann, bob] = [air.socket('ann'), air.socket('bob')]
    await air.joined(ann, talk)
    await air.joined(bob, talk)
    talks.tell(talkId, talks.mark(talkId, 'bob'))
    talks.tell(talkId, talks.mark(talkId, 'ann'))
    air.endTurn()
    expect(types(ann)).toEqual(['hidden', 'receipt'])
    expect(types(bob)).toEqual(['receipt', 'receipt'])
  })
})
