// Whoever was away gets everything that happened meanwhile: in order, nothing missing, nothing twice.
import { randomUUID } from 'node:crypto'
import { State } from 'centrifuge'
import { describe, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import { chatChannel, userChannel } from '../protocol/channels.ts'
import type { ChatPublication } from '../protocol/chat.ts'
import type { Notification } from '../protocol/notifications.ts'
import {
  accepted,
  chatServer,
  type Joined,
  offerOf50,
  someone,
  type Talker,
  upTo,
} from './testing/chat.ts'

const { arrive } = chatServer()

async function loseNetwork(talker: Talker): Promise<void> {
  talker.loseNetwork()
  await waitFor(() => talker.centrifuge.state === State.Connecting)
}

async function comeBack(talker: Talker, { subscribed }: Joined): Promise<void> {
  talker.restore()
  await waitFor(() => subscribed.length > 1, { what: 'the subscription after the network is back' })
}

/** A few at a time, so that a thousand do not take the test's time. */
async function sayMany(talker: Talker, conversationId: string, count: number): Promise<void> {
  const numbers = upTo(count).values()
  await Promise.all(
    upTo(20).map(async () => {
      for (const nth of numbers) accepted(await talker.say(conversationId, `word ${nth}`))
    }),
  )
}

/** All that the stream holds after `offset`, page by page. */
async function historyAfter(
  { subscription }: Joined,
  offset: number,
): Promise<{ readonly offset: number; readonly data: ChatPublication }[]> {
  const { epoch } = await subscription.history({ limit: 0 })
  const pages: { offset: number; data: ChatPublication }[] = []
  for (;;) {
    const since = { epoch, offset: pages.at(-1)?.offset ?? offset }
    const { publications } = await subscription.history({ limit: 300, since })
    if (publications.length === 0) return pages
    pages.push(...publications.map((each) => ({ offset: each.offset ?? 0, data: each.data })))
  }
}

describe('coming back to a conversation', () => {
  test('after ten messages: all of them, by the subscription alone', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const { conversationId } = await ann.open('sam')
    const joined = await sam.join(conversationId)
    await ann.say(conversationId, 'before')
    await waitFor(() => joined.events.length === 1)
    await loseNetwork(sam)
    for (const nth of upTo(10)) await ann.say(conversationId, `word ${nth}`)
    await comeBack(sam, joined)
    expect(joined.subscribed[1]).toMatchObject({ wasRecovering: true, recovered: true })
    await waitFor(() => joined.events.length === 11)
    expect(joined.events.map(({ offset }) => offset)).toEqual(upTo(11))
    expect(joined.events.slice(1).map(({ data }) => data.message?.text)).toEqual(
      upTo(10).map((nth) => `word ${nth}`),
    )
    await ann.say(conversationId, 'after')
    await waitFor(() => joined.events.length === 12)
    expect(joined.events[11]).toMatchObject({ offset: 12, data: { message: { text: 'after' } } })
  })

  test('after a thousand: the head at once, and all of them by history', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const { conversationId } = await ann.open('sam')
    const joined = await sam.join(conversationId)
    await loseNetwork(sam)
    await sayMany(ann, conversationId, 1_000)
    await comeBack(sam, joined)
    const [, back] = joined.subscribed
    expect(back).toMatchObject({
      wasRecovering: true,
      recovered: false,
      streamPosition: { offset: 1_000 },
      data: { conversation: { lastSeq: 1_000, unread: 1_000 } },
    })
    const missed = await historyAfter(joined, 0)
    expect(missed.map(({ offset }) => offset)).toEqual(upTo(1_000))
    expect(new Set(missed.map(({ data }) => data.message?.messageId)).size).toBe(1_000)
    expect(missed.every(({ data, offset }) => data.message?.seq === offset)).toBe(true)
    const next = accepted(await ann.say(conversationId, 'one more'))
    await waitFor(() => joined.events.at(-1)?.offset === next.seq)
    expect(joined.events).toHaveLength(1)
  }, 90_000)

  test('edits, reactions, marks, offers and deletions come back like messages', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const { conversationId } = await ann.open('sam')
    const first = accepted(await ann.say(conversationId, 'Fivty'))
    const joined = await sam.join(conversationId)
    await loseNetwork(sam)
    const about = { conversationId, messageId: first.messageId }
    await ann.rpc('chat.edit', { ...about, text: 'Fifty' })
    await ann.rpc('chat.react', { ...about, emoji: ['🎉'] })
    const offer = { conversationId, clientMessageId: randomUUID(), ...offerOf50() }
    const made = accepted(await ann.rpc('chat.offer', { ...offer, action: 'make' }))
    const withdrawal = { conversationId, offerId: made.messageId, action: 'withdraw' }
    await ann.rpc('chat.offer', { ...withdrawal, clientMessageId: randomUUID() })
    await ann.rpc('chat.read', { conversationId, upToSeq: 3 })
    await ann.rpc('chat.delete', { ...about, forAll: true })
    await comeBack(sam, joined)
    await waitFor(() => joined.events.at(-1)?.data.type === 'message_deleted')
    expect(joined.events.map(({ offset, data }) => [offset, data.type])).toEqual([
      [2, 'message_edited'],
      [3, 'reaction_changed'],
      [4, 'message_created'],
      [5, 'offer_changed'],
      [6, 'receipt'],
      [7, 'message_deleted'],
    ])
    expect(joined.events[3]?.data.message?.offer).toMatchObject({ state: 'withdrawn' })
  })

  test('I21: nothing that was deleted meanwhile comes back, in whatever way one asks', async () => {
    const [ann, sam] = [await arrive(someone('ann')), await arrive(someone('sam'))]
    const { conversationId } = await ann.open(sam.user)
    const canary = 'canary4711'
    const joined = await sam.join(conversationId)
    // Another device, which is told at once: what it has heard of, the notifier is done with.
    const tablet = await arrive(sam.user)
    await ann.say(conversationId, 'before')
    await waitFor(() => joined.events.length === 1)
    await loseNetwork(sam)
    const { messageId } = accepted(await ann.say(conversationId, canary))
    await ann.rpc('chat.edit', { conversationId, messageId, text: `${canary} again` })
    await ann.rpc('chat.delete', { conversationId, messageId, forAll: true })
    await ann.say(conversationId, 'after')
    await waitFor(() => tablet.feed.length === 3)
    await comeBack(sam, joined)
    await waitFor(() => joined.events.length === 5)
    await waitFor(() => sam.feed.length === 3)
    const late = await arrive(sam.user)
    const seen = JSON.stringify([
      joined.events,
      sam.feed,
      (await late.join(conversationId)).snapshot,
      await historyAfter(joined, 0),
      await sam.rpc('chat.history', { conversationId }),
      await sam.rpc('chat.list', {}),
      await sam.rpc('chat.search', { query: canary }),
      await late.centrifuge.history(userChannel(sam.user), {
        limit: 100,
        since: { offset: 0, epoch: (await joined.subscription.history({ limit: 0 })).epoch },
      }),
    ])
    expect(seen).toContain('after')
    expect(seen).not.toContain('canary')
  })

  test('survives many cuts while messages keep coming', async () => {
    const [ann, sam] = [await arrive('ann'), await arrive('sam')]
    const { conversationId } = await ann.open('sam')
    const { events } = await sam.join(conversationId)
    for (const nth of upTo(60)) {
      if (nth % 12 === 0) sam.cut()
      await ann.say(conversationId, `word ${nth}`)
    }
    await waitFor(() => events.at(-1)?.offset === 60)
    expect(events.map(({ offset }) => offset)).toEqual(upTo(60))
  })
})

const told = ({ feed }: Talker) =>
  feed.map(({ data: { type, state, amount } }: { data: Notification }) => [type, state, amount])

describe('the feed', () => {
  test('I15: holds every message of the time without a network, once and in order', async () => {
    const [ann, sam] = [await arrive(someone('ann')), await arrive(someone('sam'))]
    const { conversationId } = await ann.open(sam.user)
    await loseNetwork(sam)
    for (const nth of upTo(10)) await ann.say(conversationId, `word ${nth}`)
    sam.restore()
    await waitFor(() => sam.feed.length === 10)
    expect(sam.feed.map(({ offset }) => offset)).toEqual(upTo(10))
    expect(sam.feed.map(({ data }) => data)).toMatchObject(
      upTo(10).map((nth) => ({
        type: 'message',
        seq: nth,
        messageSeq: nth,
        conversationId,
        senderId: ann.user,
        text: `word ${nth}`,
      })),
    )
    expect(ann.feed).toEqual([])
  })

  test('tells offers to the other one, and an accepted one to both as an order', async () => {
    const [ann, sam] = [await arrive(someone('ann')), await arrive(someone('sam'))]
    const { conversationId } = await ann.open(sam.user)
    const act = async (who: Talker, action: string, more: object) =>
      accepted(
        await who.rpc('chat.offer', {
          conversationId,
          clientMessageId: randomUUID(),
          action,
          ...more,
        }),
      )
    const made = await act(ann, 'make', offerOf50())
    const countered = await act(sam, 'counter', {
      offerId: made.messageId,
      ...offerOf50(),
      amount: 6_000,
    })
    await act(ann, 'accept', { offerId: countered.messageId })
    await waitFor(() => ann.feed.length === 3 && sam.feed.length === 3)
    expect(told(ann)).toEqual([
      ['offer', 'countered', 5_000],
      ['offer', 'open', 6_000],
      ['order_created', undefined, 6_000],
    ])
    expect(told(sam)).toEqual([
      ['offer', 'open', 5_000],
      ['offer', 'accepted', 6_000],
      ['order_created', undefined, 6_000],
    ])
    const orders = [ann, sam].map(({ feed }) => feed.at(-1)?.data)
    expect(orders[0]).toMatchObject({ conversationId, buyerId: ann.user, sellerId: sam.user })
    expect(orders[0]?.orderId).toBe(orders[1]?.orderId)
  })

  test('is silent for whoever has muted the conversation', async () => {
    const [ann, sam] = [await arrive(someone('ann')), await arrive(someone('sam'))]
    const { conversationId } = await ann.open(sam.user)
    const other = await ann.open(sam.user)
    const mute = { conversationId, until: Date.now() + 3_600_000 }
    expect(await sam.rpc('chat.mute', mute)).toMatchObject({ outcome: 'accepted' })
    await ann.say(conversationId, 'unheard')
    await ann.say(other.conversationId, 'heard elsewhere')
    await waitFor(() => sam.feed.length > 0)
    await sam.rpc('chat.mute', { conversationId, until: null })
    await ann.say(conversationId, 'heard')
    await waitFor(() => sam.feed.length > 1)
    expect(sam.feed.map(({ data }) => data.text)).toEqual(['heard elsewhere', 'heard'])
  })
})

test('a channel of another epoch is not recovered, and brings the snapshot', async () => {
  const ann = await arrive('ann')
  const { conversationId } = await ann.open('sam')
  await ann.say(conversationId, 'here')
  const subscription = ann.centrifuge.newSubscription(chatChannel(conversationId), {
    since: { epoch: 'other', offset: 1 },
  })
  const subscribed: unknown[] = []
  subscription.on('subscribed', (context) => subscribed.push(context))
  subscription.subscribe()
  await waitFor(() => subscribed.length > 0)
  expect(subscribed[0]).toMatchObject({
    wasRecovering: true,
    recovered: false,
    data: { messages: [{ text: 'here' }] },
  })
})
