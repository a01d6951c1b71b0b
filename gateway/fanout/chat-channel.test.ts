import { beforeEach, describe, expect, test } from 'vitest'
import { settled } from '../../platform/testing/turns.ts'
import { msgpackCodec } from '../../protocol/codec-msgpack.ts'
import { type FakeTalks, messageIdOf, saleRoomId, talkId } from '../testing/talks.ts'
import type { Air } from './testing/air.ts'
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

describe('a conversation', () => {
  test('is told to both of its people, in order, each in its encoding', async () => {
    const [ann, bob] = [air.socket('ann'), air.socket('bob', msgpackCodec)]
    await air.joined(ann, talk)
    await air.joined(bob, talk)
    say(talkId, 'ann', 'one')
    say(talkId, 'bob', 'two')
    air.endTurn()
    for (const socket of [ann, bob]) {
      expect(socket.offsets).toEqual([1, 2])
      expect(textsOf(told(socket))).toEqual(['one', 'two'])
    }
  })

  test('is unknown where it is not there', async () => {
    const outcome = await air.subscribe(
      air.socket('ann'),
      'chat:0193a000-0000-5000-8000-0000000000ff',
    )
    expect(outcome).toMatchObject({ error: { code: 102 } })
  })

  test('is never conflated', async () => {
    const socket = air.socket('ann')
    await air.joined(socket, talk)
    expect(air.hub.pause(socket, talk)).toBeUndefined()
  })
})

describe('the snapshot of a conversation', () => {
  test('is the conversation and its last 50 messages, oldest first, with what the caller has to read', async () => {
    for (let said = 1; said <= 52; said += 1) talks.say(talkId, 'bob', `${said}`)
    const result = await air.joined(air.socket('ann'), talk)
    expect(result).toMatchObject({ recoverable: true, positioned: true, epoch: 'e', offset: 52 })
    expect(textsIn(result)).toEqual(Array.from({ length: 50 }, (_, at) => `${at + 3}`))
    const { conversation } = dataOf(result)
    expect(conversation).toMatchObject({ lastSeq: 52, unread: 52, lastMessage: { text: '52' } })
    expect(conversation.you).toMatchObject({ readSeq: 0 })
  })

  test('waits for what the store knows and the gateway has not told yet', async () => {
    await air.joined(air.socket('bob'), talk)
    const socket = air.socket('ann')
    const event = talks.say(talkId, 'bob', 'one')
    const subscribing = air.subscribe(socket, talk)
    await settled()
    air.endTurn()
    await subscribing
    air.endTurn()
    talks.tell(talkId, event)
    air.endTurn()
    expect(socket.replies.map(textsIn)).toEqual([['one']])
    expect(socket.replies).toMatchObject([{ offset: 1 }])
    expect(socket.offsets).toEqual([])
  })

  test('is carried along by what is told while it is read', async () => {
    say(talkId, 'bob', 'one')
    await air.joined(air.socket('bob'), talk)
    air.endTurn()
    const record = await talks.book.record(talkId)
    const own = await talks.book.conversation(talkId, 'ann')
    // The store was read, and its answer is under way.
    say(talkId, 'bob', 'two')
    say(talkId, 'ann', 'three')
    talks.tell(talkId, talks.change(talkId, 'bob', 1, 'message_edited', { text: 'One' }))
    air.endTurn()
    Object.assign(talks.book, { record: async () => record, conversation: async () => own })
    const result = await air.joined(air.socket('ann'), talk)
    expect(result).toMatchObject({ offset: 4 })
    expect(textsIn(result)).toEqual(['One', 'two', 'three'])
    const { conversation } = dataOf(result)
    expect(conversation).toMatchObject({ lastSeq: 4, unread: 2, lastMessage: { text: 'three' } })
  })

  test('is read again where the reader’s own mark moves meanwhile, so I20: unread is exact', async () => {
    say(talkId, 'bob')
    await air.joined(air.socket('bob'), talk)
    const mark = talks.mark(talkId, 'ann')
    const before = talks.book.conversation
    let reads = 0
    Object.assign(talks.book, {
      conversation: async (id: string, userId: string) => {
        reads += 1
        const view = await before(id, userId)
        if (reads > 1 || view?.you === undefined) return view
        return { ...view, lastSeq: 1, unread: 1, you: { ...view.you, readSeq: 0 } }
      },
    })
    talks.tell(talkId, mark)
    air.endTurn()
    const result = await air.joined(air.socket('ann'), talk)
    expect(reads).toBe(2)
    expect(dataOf(result).conversation).toMatchObject({ unread: 0, you: { readSeq: 1 } })
  })

  test('holds nothing that the reader has deleted for itself', async () => {
    talks.say(talkId, 'bob', 'one')
    talks.say(talkId, 'bob', 'two')
    talks.deletedForSelf.add(`ann ${messageIdOf(2)}`)
    const result = await air.joined(air.socket('ann'), talk)
    expect(textsIn(result)).toEqual(['one'])
    expect(dataOf(result).conversation.lastMessage?.text).toBe('one')
    expect(textsIn(await air.joined(air.socket('bob'), talk))).toEqual(['one', 'two'])
  })

  test.each(['ann', 'bob'])(
    'shows no read mark of the other where %s hides them',
    async (hides) => {
      talks.say(talkId, 'bob')
      talks.mark(talkId, 'bob')
      talks.mark(talkId, 'ann')
      talks.hidingReadMarks.push(hides)
      const { members } = dataOf(await air.joined(air.socket('ann'), talk)).conversation
      expect(members.map(({ readSeq }) => readSeq)).toEqual([2, undefined])
      expect(members.map(({ deliveredSeq }) => deliveredSeq)).toEqual([2, 1])
    },
  )

  test.each([
    ['fails', undefined, new Error('down')],
    ['has lost the conversation meanwhile', undefined, undefined],
    ['is ahead of all that there is to tell', 99, undefined],
  ])('where the store %s can not be had just now', async (_, lastSeq, fault) => {
    const now = await talks.book.record(talkId)
    Object.assign(talks.book, {
      record: async () => {
        if (fault !== undefined) throw fault
        return lastSeq === undefined || now === undefined
          ? undefined
          : { ...now, conversation: { ...now.conversation, lastSeq } }
      },
    })
    const outcome = await air.subscribe(air.socket('ann'), talk)
    expect(outcome).toMatchObject({ error: { code: 100, temporary: true } })
    expect(await air.presence.counts(talk)).toMatchObject({ clients: 0 })
  })

  test('of a room is read once for a crowd, and carried along for those who come later', async () => {
    say(saleRoomId, 'bob', 'one')
    await Promise.all(
      Array.from({ length: 5 }, async (_, at) => await air.subscribe(air.socket(`u${at}`), room)),
    )
    air.endTurn()
    say(saleRoomId, 'cid', 'two')
    air.endTurn()
    const result = await air.joined(air.socket(), room)
    expect(textsIn(result)).toEqual(['one', 'two'])
    expect(result.offset).toBe(2)
    expect(dataOf(result).conversation.unread).toBe(0)
    expect(air.streams.reads.filter((what) => what === 'record')).toHaveLength(1)
    // Now and then it is read anew: redacted quotes and what is too old are told by no event.
    air.clock.advance(61_000)
    await settled()
    expect(textsIn(await air.joined(air.socket(), room))).toEqual(['one', 'two'])
    expect(air.streams.reads.filter((what) => what === 'record')).toHaveLength(2)
  })
})

describe('coming back to a conversation', () => {
  test('brings what was missed, and no snapshot', async () => {
    await air.joined(air.socket('bob'), talk)
    for (const text of ['one', 'two', 'three']) say(talkId, 'bob', text)
    air.endTurn()
    const result = await air.joined(air.socket('ann'), talk, { ...from, offset: 1 })
    expect(result).toMatchObject({ was_recovering: true, recovered: true, offset: 3 })
    expect(recoveredTexts(result)).toEqual(['two', 'three'])
    expect(result.data).toBeUndefined()
  })

  test.each([
    ['another epoch', { ...from, epoch: 'f', offset: 1 }],
    ['an offset beyond the head', { ...from, offset: 9 }],
  ])('with %s brings the snapshot instead', async (_, position) => {
    talks.say(talkId, 'bob', 'one')
    const result = await air.joined(air.socket('ann'), talk, position)
    expect(result).toMatchObject({ was_recovering: true, recovered: false, offset: 1 })
    expect(textsIn(result)).toEqual(['one'])
  })

  test.each([
    [300, true],
    [301, false],
  ])('after %i missed: recovered is %s', async (missed, recovered) => {
    for (let said = 0; said < missed; said += 1) talks.say(talkId, 'bob')
    const result = await air.joined(air.socket('ann'), talk, { ...from, offset: 0 })
    expect(result).toMatchObject({ was_recovering: true, recovered, offset: missed })
    expect(result.publications?.length ?? 0).toBe(recovered ? missed : 0)
    expect(result.data === undefined).toBe(recovered)
  })

  test.each(['memory', 'the store'])(
    'I21: brings nothing from %s that was deleted or edited away since',
    async (place) => {
      if (place === 'memory') await air.joined(air.socket('bob'), talk)
      for (const text of ['secret', 'slip', 'kept']) say(talkId, 'bob', text)
      air.endTurn()
      talks.tell(talkId, talks.delete(talkId, 'bob', 1))
      air.endTurn()
      talks.tell(
        talkId,
        talks.change(talkId, 'bob', 2, 'message_edited', { text: 'mended', editedAt: 1 }),
      )
      air.endTurn()
      const result = await air.joined(air.socket('ann'), talk, { ...from, offset: 0 })
      expect(recoveredTexts(result)).toEqual(['', 'mended', 'kept', '', 'mended'])
    },
  )

  test('I21: what is deleted before it was told is told as deleted', async () => {
    const socket = air.socket('ann')
    await air.joined(socket, talk)
    say(talkId, 'bob', 'secret')
    talks.tell(talkId, talks.delete(talkId, 'bob', 1))
    air.endTurn()
    expect(textsOf(told(socket))).toEqual(['', ''])
  })
})
