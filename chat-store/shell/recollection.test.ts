import { afterEach, beforeEach, expect, test } from 'vitest'
import { recollectionLifeMs, roomRecollectionLifeMs, undisturbedBatchesMin } from '../limits.ts'
import { offer, roomTerms, say } from '../testing/commands.ts'
import { ChatRoom } from '../testing/running-store.ts'
import type { ChatStore } from './chat-store.ts'

let room: ChatRoom
let store: ChatStore
let readings: number

beforeEach(async () => {
  room = new ChatRoom()
  readings = 0
  room.chat.beforeRead = () => {
    readings += 1
  }
  store = await room.store({ limits: { lanes: 1 } })
})
afterEach(() => store.stop())

/** Says as much, one after the other, as makes the store trust what it remembers. */
async function remembered(conversationId: string): Promise<void> {
  for (let nth = 0; nth <= undisturbedBatchesMin; nth += 1) {
    await room.say(conversationId, 'bea', `Number ${nth}`)
  }
  readings = 0
}

const seqs = (conversationId: string) => room.chat.told(conversationId).map(({ seq }) => seq)

test.each([
  ['a conversation of two', undefined],
  ['a room', roomTerms()],
])('%s in which nobody else meddles is not read for each plain message', async (_, terms) => {
  const conversationId = await room.opened(terms)
  await remembered(conversationId)
  for (const text of ['One', 'Two', 'Three']) {
    expect(await room.say(conversationId, 'bea', text)).toMatchObject({ outcome: 'accepted' })
  }
  expect(readings).toBe(0)
  const { length } = seqs(conversationId)
  expect(seqs(conversationId)).toEqual(Array.from({ length }, (_each, nth) => nth + 1))
})

test.each([
  ['a conversation of two', undefined, recollectionLifeMs],
  ['a room', roomTerms(), roomRecollectionLifeMs],
])('what is remembered of %s is read anew after a while', async (_, terms, lifeMs) => {
  const conversationId = await room.opened(terms)
  await remembered(conversationId)
  room.clock.advance(lifeMs - 1)
  await room.say(conversationId, 'bea', 'Still the same')
  expect(readings).toBe(0)
  room.clock.advance(1)
  await room.say(conversationId, 'bea', 'Later')
  expect(readings).toBe(1)
})

test('who comes into a busy room is not read either, and is a member afterwards', async () => {
  const conversationId = await room.opened(roomTerms())
  await remembered(conversationId)
  for (const text of ['I am new', 'I was just here']) {
    expect(await room.say(conversationId, 'eve', text)).toMatchObject({ outcome: 'accepted' })
  }
  expect(readings).toBe(0)
  expect(room.chat.conversations.get(conversationId)?.members.get('eve')).toMatchObject({
    joinedSeq: undisturbedBatchesMin + 1,
  })
})

test.each(['here', 'everywhere'])(
  'who is silenced %s is not heard in a busy room either, though nothing of it was read',
  async (where) => {
    const conversationId = await room.opened(roomTerms())
    const nowMs = room.clock.nowMs()
    const silence = { userId: 'eve', until: nowMs + 60_000 }
    await room.house.silence(
      where === 'here' ? { ...silence, conversationId } : silence,
      'mod',
      nowMs,
    )
    await remembered(conversationId)
    expect(await room.say(conversationId, 'eve', 'Hello?')).toMatchObject({
      code: 'muted_by_moderator',
    })
    expect(seqs(conversationId)).toHaveLength(undisturbedBatchesMin + 1)
  },
)

test('I4: a repeat of what was said long before is found, though nothing was read', async () => {
  const conversationId = await room.opened()
  const first = say(conversationId, 'bea', 'First')
  const outcome = await room.ask(first)
  await remembered(conversationId)
  expect(await room.ask(first)).toEqual({ ...outcome, replayed: true })
  expect(seqs(conversationId)).toHaveLength(undisturbedBatchesMin + 2)
})

test('I24: a block counts from its commit on, and so does its end', async () => {
  const conversationId = await room.opened()
  await remembered(conversationId)
  await room.house.block('sam', 'bea', room.clock.nowMs())
  expect(await room.say(conversationId, 'bea', 'Hello?')).toMatchObject({ code: 'blocked' })
  await room.house.unblock('sam', 'bea')
  expect(await room.say(conversationId, 'bea', 'Hello')).toMatchObject({ outcome: 'accepted' })
})

test('a silence counts from its commit on', async () => {
  const conversationId = await room.opened(roomTerms())
  await remembered(conversationId)
  const nowMs = room.clock.nowMs()
  await room.house.silence({ userId: 'bea', until: nowMs + 60_000 }, 'mod', nowMs)
  expect(await room.say(conversationId, 'bea', 'Hello?')).toMatchObject({
    code: 'muted_by_moderator',
  })
})

test('a refusal rests on what was read', async () => {
  const conversationId = await room.opened()
  await remembered(conversationId)
  await room.say(conversationId, 'bea', '')
  expect(readings).toBe(1)
})

test('I19: what another store changed meanwhile is read, and decided upon anew', async () => {
  const conversationId = await room.opened()
  await remembered(conversationId)
  room.chat.raiseVersion(conversationId)
  expect(await room.say(conversationId, 'bea', 'Still there?')).toMatchObject({
    outcome: 'accepted',
    seq: undisturbedBatchesMin + 2,
  })
  expect(readings).toBe(1)
})

test('an open offer is read, since it may have ended', async () => {
  const conversationId = await room.opened()
  await remembered(conversationId)
  await room.ask(offer(conversationId, 'bea', 500, room.clock.nowMs() + 60_000))
  readings = 0
  await room.say(conversationId, 'bea', 'What do you think?')
  expect(readings).toBe(1)
})
