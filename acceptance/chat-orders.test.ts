// What the marketplace's own back end does: conversations of an order, opened for both, and what it says
// there; all over HTTP.
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { HttpClient } from '../loadtest/http-client.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { ConversationPage, ConversationView, MessagePage } from '../protocol/chat.ts'
import { chatServer, someone, upTo } from './testing/chat.ts'

const { arrive, server } = chatServer()
let house: HttpClient
beforeAll(async () => {
  house = await server().as('house', 'service')
})

const call = async <Result>(who: HttpClient, method: string, path: string, body?: object) =>
  (await who.call(method, path, body)) as Result

describe('an order', () => {
  test('is talked about by its two people, and the marketplace says what becomes of it', async () => {
    const [ann, sam] = [await arrive(someone('ann')), await arrive(someone('sam'))]
    const order = { kind: 'order', orderId: randomUUID(), buyerId: ann.user, sellerId: sam.user }
    const opened = await call<ConversationView>(house, 'POST', '/v1/conversations', order)
    const { conversationId } = opened
    expect(opened).toMatchObject({ kind: 'order', orderId: order.orderId })
    const again = await call<ConversationView>(house, 'POST', '/v1/conversations', order)
    expect(again.conversationId).toBe(conversationId)
    const { events } = await ann.join(conversationId)
    const messages = `/v1/conversations/${conversationId}/messages`
    const paid = { kind: 'system', clientMessageId: randomUUID(), system: { event: 'paid' } }
    expect(await call(house, 'POST', messages, paid)).toMatchObject({ outcome: 'accepted', seq: 1 })
    await waitFor(() => events.length === 1 && ann.feed.length === 1 && sam.feed.length === 1)
    expect(events[0]?.data.message).toMatchObject({ kind: 'system', system: { event: 'paid' } })
    for (const { feed } of [ann, sam]) {
      expect(feed[0]?.data).toMatchObject({ type: 'message', kind: 'system', senderId: 'house' })
    }
    expect(await sam.say(conversationId, 'on its way')).toMatchObject({ seq: 2 })
  })

  test('is opened for others, and spoken of in its name, by the marketplace alone', async () => {
    const ann = await arrive(someone('ann'))
    const order = { kind: 'order', orderId: randomUUID(), buyerId: ann.user, sellerId: 'sam' }
    await expect(ann.rpc('chat.open', order)).rejects.toMatchObject({ code: 103 })
    const { conversationId } = await ann.open('sam')
    const paid = { kind: 'system', system: { event: 'paid' } }
    await expect(ann.say(conversationId, '', paid)).rejects.toMatchObject({ code: 103 })
    const http = await server().as(ann.user)
    await expect(
      http.call('POST', `/v1/conversations/${conversationId}/messages`, {
        clientMessageId: randomUUID(),
        ...paid,
      }),
    ).rejects.toMatchObject({ status: 403 })
  })
})

describe('over HTTP alone', () => {
  test('two people talk, with everything that belongs to it', async () => {
    const [one, other] = [someone('ann'), someone('sam')]
    const [ann, sam] = [await server().as(one), await server().as(other)]
    const listing = { listingId: randomUUID(), peerId: other }
    const { conversationId } = await call<ConversationView>(
      ann,
      'POST',
      '/v1/conversations',
      listing,
    )
    const path = `/v1/conversations/${conversationId}`
    const say = (who: HttpClient, text: string) =>
      call<{ messageId: string }>(who, 'POST', `${path}/messages`, {
        clientMessageId: randomUUID(),
        text,
      })
    const { messageId } = await say(ann, 'Fivty?')
    await call(ann, 'PATCH', `${path}/messages/${messageId}`, { text: 'Fifty?' })
    await call(sam, 'PUT', `${path}/messages/${messageId}/reactions`, { emoji: ['👍'] })
    await call(sam, 'POST', `${path}/delivered`, { upToSeq: 1 })
    await call(sam, 'POST', `${path}/read`, { upToSeq: 1 })
    const gone = await say(sam, 'nonsense')
    await call(sam, 'DELETE', `${path}/messages/${gone.messageId}?forAll=true`)
    await call(ann, 'PUT', `${path}/mute`, { until: Date.now() + 60_000 })
    await call(ann, 'PATCH', path, { pinned: true })
    const page = await call<MessagePage>(ann, 'GET', `${path}/messages?limit=10`)
    expect(page.items).toMatchObject([
      { text: '', deleted: true, senderId: other },
      { text: 'Fifty?', reactions: [{ emoji: '👍', count: 1 }] },
    ])
    const own = await call<ConversationView>(ann, 'GET', path)
    expect(own).toMatchObject({ unread: 0, you: { pinned: true } })
    expect(own.members.find(({ userId }) => userId === other)).toMatchObject({ readSeq: 1 })
  })

  test('the header Idempotency-Key serves as the message’s id', async () => {
    const user = someone('ann')
    const ann = await server().as(user)
    const listing = { listingId: randomUUID(), peerId: 'sam' }
    const { conversationId } = await call<ConversationView>(
      ann,
      'POST',
      '/v1/conversations',
      listing,
    )
    const send = async () => {
      const response = await fetch(`${server().url}/v1/conversations/${conversationId}/messages`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await server().token(user)}`,
          'idempotency-key': key,
        },
        body: JSON.stringify({ text: 'once' }),
      })
      return (await response.json()) as { seq: number; replayed?: true }
    }
    const key = randomUUID()
    const first = await send()
    expect(first).toMatchObject({ outcome: 'accepted', seq: 1 })
    expect(await send()).toMatchObject({ seq: 1, replayed: true })
  })

  test('the inbox comes in pages, each conversation once', async () => {
    const ann = await server().as(someone('ann'))
    const ids = await Promise.all(
      upTo(7).map(async (nth) => {
        const listing = { listingId: `lamp ${nth}`, peerId: 'sam' }
        const opened = await call<ConversationView>(ann, 'POST', '/v1/conversations', listing)
        return opened.conversationId
      }),
    )
    const seen: string[] = []
    let cursor = ''
    do {
      const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const page = await call<ConversationPage>(ann, 'GET', `/v1/conversations?limit=3${query}`)
      expect(page.items.length).toBeLessThanOrEqual(3)
      seen.push(...page.items.map(({ conversationId }) => conversationId))
      cursor = page.next ?? ''
    } while (cursor !== '')
    expect(seen.toSorted()).toEqual(ids.toSorted())
    await expect(ann.call('GET', '/v1/conversations?cursor=made-up')).rejects.toMatchObject({
      status: 400,
    })
  })
})
