// Offers: made, countered, accepted once.
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { ChatOutcome, ConversationView } from '../protocol/chat.ts'
import { accepted, chatServer, offerOf50, someone, type Talker } from './testing/chat.ts'

const { arrive, leave } = chatServer()

async function bargain() {
  const [ann, sam] = [await arrive(someone('ann')), await arrive(someone('sam'))]
  const { conversationId } = await ann.open(sam.user)
  const act = (who: Talker, action: string, more: object): Promise<ChatOutcome> =>
    who.rpc('chat.offer', { conversationId, clientMessageId: randomUUID(), action, ...more })
  return { ann, sam, conversationId, act }
}

test('I22: of two devices that accept an offer at once, one has accepted it', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { ann, sam, conversationId, act } = await bargain()
    const tablet = await arrive(sam.user)
    const { messageId: offerId } = accepted(await act(ann, 'make', offerOf50()))
    const outcomes = await Promise.all([sam, tablet].map((who) => act(who, 'accept', { offerId })))
    expect(outcomes.map(({ outcome }) => outcome).toSorted()).toEqual(['accepted', 'refused'])
    const refusal = outcomes.find(({ outcome }) => outcome === 'refused')
    expect(refusal).toMatchObject({ code: 'offer_state', state: 'accepted' })
    await waitFor(() => ann.feed.some(({ data }) => data.type === 'order_created'))
    const conversation = await ann.rpc<ConversationView>('chat.get', { conversationId })
    expect(conversation).not.toHaveProperty('openOffer')
    expect(conversation.lastSeq).toBe(2)
    expect(ann.feed.filter(({ data }) => data.type === 'order_created')).toHaveLength(1)
    leave()
  }
})

test('I22: of many offers at once, one is open', async () => {
  const { ann, sam, act, conversationId } = await bargain()
  const outcomes = await Promise.all(
    Array.from({ length: 12 }, (_, at) => act(at % 2 === 0 ? ann : sam, 'make', offerOf50())),
  )
  expect(outcomes.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(1)
  expect(await sam.rpc('chat.get', { conversationId })).toMatchObject({
    openOffer: { state: 'open', amount: 5_000 },
    lastSeq: 1,
  })
})

test('I22: an offer is answered by the other side alone, and withdrawn by its maker alone', async () => {
  const { ann, sam, act } = await bargain()
  const { messageId: offerId } = accepted(await act(ann, 'make', offerOf50()))
  for (const action of ['accept', 'decline']) {
    await expect(act(ann, action, { offerId })).rejects.toMatchObject({ code: 103 })
  }
  await expect(act(sam, 'withdraw', { offerId })).rejects.toMatchObject({ code: 103 })
  expect(accepted(await act(sam, 'decline', { offerId })).message?.offer).toMatchObject({
    state: 'declined',
  })
})

test('an accepted offer answers the same id again, and says its order', async () => {
  const { ann, sam, act } = await bargain()
  const { messageId: offerId } = accepted(await act(ann, 'make', offerOf50()))
  const clientMessageId = randomUUID()
  const first = accepted(await act(sam, 'accept', { offerId, clientMessageId }))
  expect(first.message?.offer).toMatchObject({ state: 'accepted', orderId: expect.any(String) })
  const again = await act(sam, 'accept', { offerId, clientMessageId })
  expect(again).toMatchObject({ outcome: 'accepted', messageId: first.messageId, replayed: true })
})

test('an offer ends by itself, and both are told', async () => {
  const { ann, sam, act, conversationId } = await bargain()
  const { events } = await sam.join(conversationId)
  const { messageId: offerId } = accepted(
    await act(ann, 'make', { ...offerOf50(), expiresAt: Date.now() + 300 }),
  )
  await waitFor(() => events.at(-1)?.data.type === 'offer_changed')
  expect(events.at(-1)?.data.message?.offer).toMatchObject({ offerId, state: 'expired' })
  await waitFor(() => ann.feed.length === 1 && sam.feed.length === 2)
  expect(ann.feed[0]?.data).toMatchObject({ type: 'offer', state: 'expired' })
  expect(await act(sam, 'accept', { offerId })).toMatchObject({
    code: 'offer_state',
    state: 'expired',
  })
})
