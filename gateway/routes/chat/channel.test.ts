import { beforeEach, describe, expect, test } from 'vitest'
import { createMemoryLimits } from '../../../platform/limits/memory-limits.ts'
import { createMemoryPresence } from '../../../platform/presence/memory-presence.ts'
import type { Presence } from '../../../platform/presence/presence.ts'
import { VirtualClock } from '../../../platform/testing/virtual-clock.ts'
import { chatChannel, parseChannel } from '../../../protocol/channels.ts'
import { PROTOCOL_ERRORS, type ProtocolErrorName } from '../../../protocol/errors.ts'
import { RATES } from '../../limits.ts'
import type { ChatAir } from '../../ports/chat-air.ts'
import type { Caller } from '../../ports/desk.ts'
import { absentId, cards, draftRoomId, roomId } from '../../testing/conversations.ts'
import { bookOf } from '../../testing/lots.ts'
import { caller, identity, nobody, noonMs } from '../../testing/people.ts'
import { FakeTalks, saleRoomId, talkId } from '../../testing/talks.ts'
import { type ChannelRoutes, createChannelRoutes } from '../channels.ts'
import { createConversationDoor } from '../conversation-door.ts'
import { createLotVisibility } from '../visible-lot.ts'

const [ann, bob, cid, sel] = ['ann', 'bob', 'cid', 'sel'].map((who) => caller(identity(who))) as [
  Caller,
  Caller,
  Caller,
  Caller,
]
const moderator = caller(identity('mod', 'moderator'))
const talk = chatChannel(talkId)
const room = chatChannel(roomId)
const saleRoom = chatChannel(saleRoomId)
const draftRoom = chatChannel(draftRoomId)
const absent = chatChannel(absentId)
const typing = { type: 'typing' }

let talks: FakeTalks
let presence: Presence
let said: Parameters<ChatAir['say']>[0][]
let routes: ChannelRoutes

beforeEach(() => {
  talks = new FakeTalks(async (_, look) => look())
  talks.open(talkId, 'direct')
  talks.open(saleRoomId, 'room')
  presence = createMemoryPresence()
  said = []
  const book = bookOf()
  const maySee = createLotVisibility(book)
  const chatBook = {
    ...talks.book,
    card: async (id: string) =>
      (await talks.book.card(id)) ?? cards.find((card) => card.conversationId === id),
  }
  routes = createChannelRoutes({
    maySee,
    book,
    feed: { head: async () => 0, notifications: async () => [] },
    door: createConversationDoor({ chatBook, maySeeLot: maySee }),
    chatBook,
    chatAir: { say: (each) => void said.push(each) },
    limits: createMemoryLimits(RATES),
    clock: new VirtualClock(noonMs),
    presence,
    verifier: {
      verify: async () => ({ valid: false, fault: 'invalid', says: 'unused' }),
      verifySubscription: async (named) => ({
        valid: true,
        userId: 'cid',
        channel: named,
        expiresAtMs: noonMs,
      }),
    },
    streamEpoch: 'e',
  })
})

function channel(name: string) {
  const parsed = parseChannel(name)
  if (parsed === undefined) throw new Error(`${name} is no channel`)
  return parsed
}

const error = (name: ProtocolErrorName) => ({ error: { code: PROTOCOL_ERRORS[name].code } })
const subscribe = (who: Caller, name: string, token?: string) =>
  routes.maySubscribe(who, channel(name), token)

const offsets = async (who: Caller, params: object) => {
  const answer = await routes.history(who, { channel: talk, ...params })
  return 'result' in answer ? answer.result.publications.map(({ offset }) => offset) : answer
}

const history = (who: Caller) => routes.history(who, { channel: saleRoom, limit: 9 })

const people = async (who: Caller, name: string) => {
  const answer = await routes.presence(who, name)
  if ('error' in answer) return answer
  return Object.values(answer.result.presence).map(({ user }) => user)
}

const count = async (who: Caller, name: string) => {
  const answer = await routes.presenceStats(who, name)
  return 'error' in answer ? answer : [answer.result.num_clients, answer.result.num_users]
}

const publish = (who: Caller, name: string, data: unknown = typing) =>
  routes.publish(who, { channel: name, data })

/** Every question about a channel, by what it is called. */
const questions: Record<string, (who: Caller, name: string) => Promise<unknown>> = {
  subscribe: async (who, name) => ({ error: await subscribe(who, name) }),
  history: (who, name) => routes.history(who, { channel: name, limit: 10 }),
  presence: (who, name) => routes.presence(who, name),
  presence_stats: (who, name) => routes.presenceStats(who, name),
  publish: (who, name) => routes.publish(who, { channel: name, data: typing }),
}

describe('who may', () => {
  test.each(Object.keys(questions))(
    'I23: %s: to a stranger and to nobody a conversation is as one that does not exist',
    async (question) => {
      for (const who of [cid, sel, nobody]) {
        const there = await questions[question]?.(who, talk)
        expect(there).toEqual(await questions[question]?.(who, absent))
        expect(there).toMatchObject(error('unknown_channel'))
      }
    },
  )

  test('subscribe: its two people', async () => {
    for (const who of [ann, bob]) expect(await subscribe(who, talk)).toBeUndefined()
  })

  test('subscribe: in a room, whoever may see what it is about', async () => {
    for (const who of [nobody, cid, sel]) {
      expect(await subscribe(who, room)).toBeUndefined()
      expect(await subscribe(who, saleRoom)).toBeUndefined()
    }
    expect(await subscribe(sel, draftRoom)).toBeUndefined()
    for (const who of [nobody, cid]) {
      expect(await subscribe(who, draftRoom)).toEqual(await subscribe(who, absent))
    }
  })

  test('subscribe: whoever has a token for the conversation, and for no other', async () => {
    expect(await subscribe(cid, talk, talk)).toBeUndefined()
    expect(await subscribe(cid, talk, room)).toMatchObject(error('unknown_channel').error)
    expect(await subscribe(sel, talk, talk)).toMatchObject(error('unknown_channel').error)
  })
})

describe('history of a conversation', () => {
  test('comes by seq, both ways, with the head', async () => {
    for (let told = 0; told < 5; told += 1) talks.say(talkId, 'bob')
    expect(await offsets(ann, { limit: 2, since: { offset: 1, epoch: 'e' } })).toEqual([2, 3])
    expect(await offsets(ann, { limit: 2, reverse: true })).toEqual([5, 4])
    expect(await routes.history(ann, { channel: talk })).toMatchObject({
      result: { publications: [], epoch: 'e', offset: 5 },
    })
    const elsewhere = { limit: 2, since: { offset: 1, epoch: 'f' } }
    expect(await offsets(ann, elsewhere)).toMatchObject(error('unrecoverable_position'))
  })

  test('I24: of a room hides what people did whom the reader has blocked', async () => {
    talks.block('ann', 'bob')
    talks.say(saleRoomId, 'bob', 'one')
    talks.say(saleRoomId, 'cid', 'two')
    expect(await history(ann)).toMatchObject({
      result: {
        publications: [
          { offset: 1, data: { type: 'hidden', seq: 1 } },
          { offset: 2, data: { message: { text: 'two' } } },
        ],
      },
    })
    expect(JSON.stringify(await history(ann))).not.toContain('one')
    for (const who of [bob, nobody]) expect(JSON.stringify(await history(who))).toContain('one')
  })
})

describe('who is there', () => {
  test('is told to those who talk', async () => {
    presence.join(talk, { client: 'a1', user: 'ann' })
    presence.join(talk, { client: 'b1', user: 'bob' })
    presence.join(talk, { client: 'b2', user: 'bob' })
    expect(await people(ann, talk)).toEqual(['ann', 'bob', 'bob'])
    expect(await count(ann, talk)).toEqual([3, 2])
  })

  test.each([
    ['has blocked', 'ann', 'bob'],
    ['is blocked by', 'bob', 'ann'],
  ])('I24: but not to whoever %s the other', async (_, blocker, blocked) => {
    presence.join(talk, { client: 'a1', user: 'ann' })
    presence.join(talk, { client: 'b1', user: 'bob' })
    talks.block(blocker, blocked)
    expect(await people(ann, talk)).toEqual(['ann'])
    expect(await count(ann, talk)).toEqual([1, 1])
  })

  test('in a room is counted by everybody, and known to its seller and moderators alone', async () => {
    presence.join(saleRoom, { client: 'a1', user: 'ann' })
    for (const who of [sel, moderator]) expect(await people(who, saleRoom)).toEqual(['ann'])
    for (const who of [ann, nobody]) {
      expect(await people(who, saleRoom)).toMatchObject(error('permission_denied'))
    }
    for (const who of [sel, ann, nobody]) expect(await count(who, saleRoom)).toEqual([1, 1])
  })
})

describe('typing', () => {
  test('is said to all gateways, and holds for six seconds', async () => {
    expect(await publish(ann, talk)).toEqual({ result: {} })
    const expiresAt = noonMs + 6_000
    expect(said).toEqual([{ conversationId: talkId, typing: { userId: 'ann', expiresAt } }])
  })

  test.each([
    ['a message', { type: 'message', text: 'hello' }],
    ['a word', 'typing'],
    ['nothing', undefined],
  ])('is all that may be published: %s is a bad request', async (_, data) => {
    const answer = await publish(ann, talk, data ?? null)
    expect(answer).toMatchObject(error('bad_request'))
    expect('error' in answer && answer.error.message).toContain('{"type":"typing"}')
    expect(said).toEqual([])
  })

  test('is told once in three seconds in each conversation', async () => {
    await publish(ann, talk)
    expect(await publish(ann, talk)).toMatchObject({ error: { code: 111, temporary: true } })
    expect(await publish(bob, talk)).toEqual({ result: {} })
    expect(await publish(ann, saleRoom)).toEqual({ result: {} })
    expect(said).toHaveLength(3)
  })

  test('is not for whoever has no token, or was silenced', async () => {
    expect(await publish(nobody, saleRoom)).toMatchObject(error('permission_denied'))
    talks.silencedUntilMs.set('ann', noonMs + 1)
    expect(await publish(ann, saleRoom)).toMatchObject(error('permission_denied'))
    talks.silencedUntilMs.set('bob', noonMs)
    expect(await publish(bob, saleRoom)).toEqual({ result: {} })
    expect(said).toHaveLength(1)
  })

  test.each([
    ['has blocked', 'ann', 'bob'],
    ['is blocked by', 'bob', 'ann'],
  ])(
    'I24: of whoever %s the other is accepted, and said to nobody',
    async (_, blocker, blocked) => {
      talks.block(blocker, blocked)
      expect(await publish(ann, talk)).toEqual({ result: {} })
      expect(said).toEqual([])
      // In a room there are others to hear it.
      expect(await publish(ann, saleRoom)).toEqual({ result: {} })
      expect(said).toHaveLength(1)
    },
  )
})
