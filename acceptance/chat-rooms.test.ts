// The room of a lot: open to everybody there, with slow mode.
import { describe, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { ConversationPage, ConversationView } from '../protocol/chat.ts'
import { accepted, chatServer, someone, type Talker } from './testing/chat.ts'
import { publicClient } from './testing/public-client.ts'
import { openLot } from './testing/server.ts'

const { arrive, server } = chatServer()

async function room(talker: Talker): Promise<string> {
  const { lotId } = await openLot(server())
  const opened = await talker.rpc<ConversationView>('chat.open', { kind: 'room', lotId })
  expect(opened).toMatchObject({ kind: 'room', lotId, members: [], unread: 0 })
  return opened.conversationId
}

describe('a room', () => {
  test('is for whoever comes: nobody is invited, everybody may speak, watchers may read', async () => {
    const [ann, bob] = [await arrive(someone('ann')), await arrive(someone('bob'))]
    const id = await room(ann)
    const [hers, his] = [await ann.join(id), await bob.join(id)]
    accepted(await ann.say(id, 'hello'))
    accepted(await bob.say(id, 'hi'))
    await waitFor(() => hers.events.length === 2 && his.events.length === 2)
    const watcher = publicClient(server(), {})
    await watcher.connect()
    const subscription = watcher.centrifuge.newSubscription(`chat:${id}`)
    const seen: unknown[] = []
    subscription.on('subscribed', ({ data }) => seen.push(data))
    subscription.subscribe()
    await waitFor(() => seen.length === 1)
    expect(seen[0]).toMatchObject({ messages: [{ text: 'hello' }, { text: 'hi' }] })
    await expect(watcher.centrifuge.rpc('chat.send', {})).rejects.toMatchObject({
      code: expect.any(Number) as number,
    })
    watcher.close()
  })

  test('tells no feed and fills no inbox', async () => {
    const [ann, bob] = [await arrive(someone('ann')), await arrive(someone('bob'))]
    const id = await room(ann)
    await bob.join(id)
    accepted(await ann.say(id, 'hello'))
    const { conversationId } = await ann.open(bob.user)
    accepted(await ann.say(conversationId, 'between us'))
    await waitFor(() => bob.feed.length > 0)
    expect(bob.feed.map(({ data }) => data.conversationId)).toEqual([conversationId])
    const { items } = await ann.rpc<ConversationPage>('chat.list', {})
    expect(items.map((each) => each.conversationId)).toEqual([conversationId])
  })

  test('in slow mode makes everybody wait but its seller and moderators', async () => {
    const [ann, sam] = [await arrive(someone('ann')), await arrive('sam')]
    const id = await room(ann)
    const { events } = await ann.join(id)
    const slow = { conversationId: id, slowModeMs: 60_000 }
    expect(await sam.rpc('chat.slowMode', slow)).toMatchObject({ outcome: 'accepted' })
    await waitFor(() => events.length === 1)
    expect(events[0]?.data).toMatchObject({
      type: 'conversation_changed',
      conversation: { slowModeMs: 60_000 },
    })
    accepted(await ann.say(id, 'one'))
    const refusal = await ann.say(id, 'two')
    expect(refusal).toMatchObject({ outcome: 'refused', code: 'slow_mode' })
    const wait = refusal.outcome === 'refused' ? (refusal.retryAfterMs ?? 0) : 0
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThanOrEqual(60_000)
    for (const text of ['three', 'four']) accepted(await sam.say(id, text))
    await expect(ann.rpc('chat.slowMode', { ...slow, slowModeMs: 0 })).rejects.toMatchObject({
      code: 103,
    })
    await sam.rpc('chat.slowMode', { ...slow, slowModeMs: 0 })
    accepted(await ann.say(id, 'five'))
  })
})
