// People talk through the public client, and everybody sees what they may see.
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { ConversationView } from '../protocol/chat.ts'
import { accepted, chatServer, someone, upTo } from './testing/chat.ts'

const { arrive, server } = chatServer()

describe('opening', () => {
  test('twice, by either of the two, over the socket and over HTTP, gives the same one', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const listingId = randomUUID()
    const first = await ann.open('sam', listingId)
    expect(first).toMatchObject({
      kind: 'direct',
      listingId,
      members: [
        { userId: 'ann', role: 'buyer' },
        { userId: 'sam', role: 'seller' },
      ],
      lastSeq: 0,
      unread: 0,
    })
    const { conversationId } = first
    expect(await ann.open('sam', listingId)).toMatchObject({ conversationId })
    const back = { listingId, peerId: 'ann', role: 'seller' }
    expect(await sam.rpc('chat.open', back)).toMatchObject({ conversationId })
    const http = await server().as('ann')
    const again = await http.call('POST', '/v1/conversations', { listingId, peerId: 'sam' })
    expect(again).toMatchObject({ conversationId })
    expect(await ann.open('sam')).not.toMatchObject({ conversationId })
  })

  test('by both at once makes one conversation', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const listingId = randomUUID()
    const back = { listingId, peerId: 'ann', role: 'seller' }
    const opened = await Promise.all(
      Array.from({ length: 8 }, async (_, at) =>
        at % 2 === 0 ? ann.open('sam', listingId) : sam.rpc<ConversationView>('chat.open', back),
      ),
    )
    expect(new Set(opened.map(({ conversationId }) => conversationId)).size).toBe(1)
  })

  test('with oneself is refused', async () => {
    const ann = await arrive('ann')
    expect(await ann.open('ann')).toMatchObject({ outcome: 'refused', code: 'peer_invalid' })
  })
})

describe('talking', () => {
  test('a message is answered, and reaches all devices of both', async () => {
    const [ann, phone, sam] = [await arrive('ann'), await arrive('ann'), await arrive('sam')]
    const { conversationId } = await ann.open('sam')
    const rooms = await Promise.all([ann, phone, sam].map((each) => each.join(conversationId)))
    const outcome = accepted(await ann.say(conversationId, 'Is it still there?'))
    expect(outcome).toMatchObject({ seq: 1, conversationId })
    for (const { events } of rooms) {
      await waitFor(() => events.length === 1)
      expect(events[0]).toMatchObject({
        offset: 1,
        data: {
          type: 'message_created',
          seq: 1,
          message: { messageId: outcome.messageId, senderId: 'ann', text: 'Is it still there?' },
        },
      })
    }
  })

  test('is numbered without a gap, however many write at once', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const { conversationId } = await ann.open('sam')
    const { events } = await sam.join(conversationId)
    const outcomes = await Promise.all(
      upTo(40).map((nth) => (nth % 2 === 0 ? ann : sam).say(conversationId, `word ${nth}`)),
    )
    await waitFor(() => events.length === 40)
    expect(events.map(({ offset }) => offset)).toEqual(upTo(40))
    const seqs = outcomes.map((outcome) => accepted(outcome).seq ?? 0)
    expect(seqs.toSorted((one, other) => one - other)).toEqual(upTo(40))
  })

  test('the same id gets the same answer for ever, over the socket and over HTTP', async () => {
    const ann = await arrive('ann')
    const { conversationId } = await ann.open('sam')
    const clientMessageId = randomUUID()
    const first = await ann.say(conversationId, 'once', { clientMessageId })
    const again = await ann.say(conversationId, 'once', { clientMessageId })
    expect(again).toMatchObject({ outcome: 'accepted', replayed: true })
    const { messageId, seq } = accepted(first)
    expect(again).toMatchObject({ messageId, seq })
    const http = await server().as('ann')
    const path = `/v1/conversations/${conversationId}/messages`
    expect(await http.call('POST', path, { clientMessageId, text: 'once' })).toMatchObject({
      messageId,
      seq,
      replayed: true,
    })
    expect(await ann.say(conversationId, 'twice', { clientMessageId })).toMatchObject({
      outcome: 'refused',
      code: 'idempotency_mismatch',
    })
    expect(await ann.rpc('chat.get', { conversationId })).toMatchObject({ lastSeq: 1 })
  })

  test('a text is kept in its normal form', async () => {
    const ann = await arrive('ann')
    const { conversationId } = await ann.open('sam')
    accepted(await ann.say(conversationId, 'Cafe\u0301\r\nau lait'))
    const { lastMessage } = await ann.rpc<ConversationView>('chat.get', { conversationId })
    expect(lastMessage?.text).toBe('Caf\u00e9\nau lait')
  })

  test('a reply quotes what it answers', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const { conversationId } = await ann.open('sam')
    const { messageId } = accepted(await ann.say(conversationId, 'How much?'))
    accepted(await sam.say(conversationId, 'Fifty.', { replyTo: messageId }))
    const { lastMessage } = await ann.rpc<ConversationView>('chat.get', { conversationId })
    expect(lastMessage).toMatchObject({
      text: 'Fifty.',
      replyTo: { messageId, senderId: 'ann', kind: 'text', text: 'How much?' },
    })
  })
})

describe('what passes between two who talk', () => {
  test('marks: delivered and read reach the other one, and never go back', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const { conversationId } = await ann.open('sam')
    for (const text of ['one', 'two', 'three']) await ann.say(conversationId, text)
    const { events } = await ann.join(conversationId)
    expect(await sam.rpc('chat.read', { conversationId, upToSeq: 2 })).toMatchObject({
      outcome: 'accepted',
      deliveredSeq: 2,
      readSeq: 2,
    })
    await waitFor(() => events.length === 1)
    expect(events[0]).toMatchObject({
      offset: 4,
      data: { type: 'receipt', receipt: { userId: 'sam', deliveredSeq: 2, readSeq: 2 } },
    })
    expect(await sam.rpc('chat.read', { conversationId, upToSeq: 1 })).toMatchObject({
      outcome: 'accepted',
      readSeq: 2,
    })
    expect(await sam.rpc('chat.delivered', { conversationId, upToSeq: 99 })).toMatchObject({
      outcome: 'refused',
      code: 'mark_beyond_end',
      max: 4,
    })
    const { members } = await ann.rpc<ConversationView>('chat.get', { conversationId })
    expect(members.find(({ userId }) => userId === 'sam')).toMatchObject({ readSeq: 2 })
  })

  test('marks that follow fast upon each other are told at most once a second, the last one always', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const { conversationId } = await ann.open('sam')
    for (const nth of upTo(6)) await ann.say(conversationId, `word ${nth}`)
    const { events } = await ann.join(conversationId)
    for (const upToSeq of upTo(6)) await sam.rpc('chat.read', { conversationId, upToSeq })
    await waitFor(() => events.at(-1)?.data.receipt?.readSeq === 6)
    const times = events.map(({ data }) => data.at)
    expect(times.slice(1).every((at, nth) => at - (times[nth] ?? 0) >= 1_000)).toBe(true)
    expect(events.length).toBeGreaterThan(1)
    expect(events.every(({ data }) => data.type === 'receipt')).toBe(true)
  })

  test('whoever hides its read marks sees nobody else’s', async () => {
    const [eve, sam] = [await arrive(someone('eve')), await arrive(someone('sam'))]
    await eve.rpc('chat.updateSettings', { hideReadMarks: true })
    const { conversationId } = await eve.open(sam.user)
    await sam.say(conversationId, 'seen?')
    const { events } = await sam.join(conversationId)
    await eve.rpc('chat.read', { conversationId, upToSeq: 1 })
    await waitFor(() => events.length === 1)
    expect(events[0]?.data.receipt).toEqual({ userId: eve.user, deliveredSeq: 1 })
    const own = await sam.rpc<ConversationView>('chat.get', { conversationId })
    expect(own.members.find(({ userId }) => userId === eve.user)).not.toHaveProperty('readSeq')
    const hers = await eve.rpc<ConversationView>('chat.get', { conversationId })
    expect(hers).toMatchObject({ you: { readSeq: 1 }, unread: 0 })
    expect(hers.members.find(({ userId }) => userId === sam.user)).not.toHaveProperty('readSeq')
  })

  test('typing is seen by the other one, has no offset, and is in no history', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const { conversationId } = await ann.open('sam')
    const [hers, his] = [await ann.join(conversationId), await sam.join(conversationId)]
    await hers.subscription.publish({ type: 'typing' })
    await waitFor(() => his.typing.length === 1)
    expect(his.typing[0]).toMatchObject({ type: 'typing', userId: 'ann' })
    await ann.say(conversationId, 'there')
    await waitFor(() => his.events.length === 1)
    expect(his.events[0]?.offset).toBe(1)
    const { publications } = await his.subscription.history({ limit: 10 })
    expect(publications.map(({ offset }) => offset)).toEqual([1])
    await expect(hers.subscription.publish({ type: 'message_created' })).rejects.toMatchObject({
      code: 107,
    })
  })

  test('presence: who is there, and who comes and goes', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const { conversationId } = await ann.open('sam')
    const hers = await ann.join(conversationId)
    const his = await sam.join(conversationId)
    await waitFor(() => hers.joins.some(({ user }) => user === 'sam'))
    const { clients } = await hers.subscription.presence()
    expect(new Set(Object.values(clients).map(({ user }) => user))).toEqual(new Set(['ann', 'sam']))
    expect(await his.subscription.presenceStats()).toMatchObject({ numClients: 2, numUsers: 2 })
    sam.close()
    await waitFor(() => hers.leaves.some(({ user }) => user === 'sam'))
  })
})
