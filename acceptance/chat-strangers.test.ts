// What is nobody else's business: conversations of others, and people who are blocked.
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import { chatChannel } from '../protocol/channels.ts'
import type { ConversationPage, ConversationView, MessagePage } from '../protocol/chat.ts'
import type { MethodEntry } from '../protocol/method-table.ts'
import { METHODS, type MethodName } from '../protocol/methods.ts'
import {
  accepted,
  chatServer,
  type Joined,
  offerOf50,
  someone,
  type Talker,
} from './testing/chat.ts'
import { openLot } from './testing/server.ts'

const { arrive, server } = chatServer()

/** What each method that names a conversation is asked, in the name of a stranger. */
const asked: Partial<Record<MethodName, object>> = {
  'chat.get': {},
  'chat.update': { pinned: true },
  'chat.mute': { until: null },
  'chat.slowMode': { slowModeMs: 1_000 },
  'chat.history': {},
  'chat.send': { clientMessageId: randomUUID(), text: 'a' },
  'chat.edit': { text: 'a' },
  'chat.delete': { forAll: true },
  'chat.versions': {},
  'chat.react': { emoji: ['👍'] },
  'chat.delivered': { upToSeq: 1 },
  'chat.read': { upToSeq: 1 },
  'chat.offer': { action: 'make', clientMessageId: randomUUID(), ...offerOf50() },
  'chat.report': { reason: 'spam' },
  'chat.legalHold': { held: true },
  'chat.search': { query: 'secret' },
  'attachment.create': { fileName: 'a.png', contentType: 'image/png', bytes: 10 },
}

/** A conversation of ann and sam with a message in it, and eve, who is in neither. */
async function strangers() {
  const [ann, eve] = [await arrive('ann'), await arrive('eve')]
  const { conversationId } = await ann.open('sam')
  const { messageId } = accepted(await ann.say(conversationId, 'secret'))
  return { ann, eve, conversationId, messageId }
}

/** The answer without the ids that were asked for, and without the time. */
const answer = async (asking: Promise<unknown>, ids: readonly (string | undefined)[]) => {
  const said = JSON.stringify(await asking.catch((error: unknown) => ({ error })))
  return ids
    .reduce<string>((text, id) => text.replaceAll(id ?? '', 'id'), said)
    .replaceAll(/"serverTime":\d+/g, '"serverTime":0')
    .replaceAll(/"(?:instance|incidentId)":"[^"]*"/g, '')
}

async function overHttp(
  name: MethodName,
  params: Record<string, unknown>,
  ids: readonly (string | undefined)[],
) {
  const entry: MethodEntry = METHODS[name]
  const { method = 'GET', path = '' } = entry.http ?? {}
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, key: string) => String(params[key]))
  const token = await server().token('eve')
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const isRead = method === 'GET'
  const search = new URLSearchParams(params as Record<string, string>).toString()
  const response = await fetch(`${server().url}${filled}${isRead ? `?${search}` : ''}`, {
    method,
    headers,
    ...(isRead ? {} : { body: JSON.stringify(params) }),
  })
  return [response.status, await answer(response.json(), ids)]
}

describe('I23: a conversation of others', () => {
  test('I23: every method that names a conversation is asked', () => {
    const naming = Object.entries(METHODS).filter(([, { params }]) =>
      // A union of checks has no shape of its own, but the schema inside it has.
      JSON.stringify(Object.keys('shape' in params ? params.shape : {})).includes('conversationId'),
    )
    const names = naming.map(([name]) => name).filter((name) => name !== 'moderation.silence')
    expect(names.length).toBeGreaterThan(10)
    expect(Object.keys(asked)).toEqual(expect.arrayContaining(names))
  })

  test.each(Object.entries(asked))(
    'I23: %s tells a stranger nothing, over the socket and over HTTP',
    async (method, params) => {
      const { eve, conversationId, messageId } = await strangers()
      const [noConversation, noMessage] = [randomUUID(), randomUUID()]
      const name = method as MethodName
      const real = { ...params, conversationId, messageId }
      const none = { ...params, conversationId: noConversation, messageId: noMessage }
      const told = await answer(eve.rpc(name, real), [conversationId, messageId])
      expect(told).toContain(name === 'chat.search' ? '{"items":[]}' : '"not_member"')
      expect(told).toBe(await answer(eve.rpc(name, none), [noConversation, noMessage]))
      expect(await overHttp(name, real, [conversationId, messageId])).toEqual(
        await overHttp(name, none, [noConversation, noMessage]),
      )
    },
  )

  test('I23: its channel is unknown, for subscribing, history, presence and publishing', async () => {
    const { eve, conversationId } = await strangers()
    for (const id of [conversationId, randomUUID()]) {
      const channel = chatChannel(id)
      const { centrifuge } = eve
      for (const asking of [
        () => centrifuge.history(channel, { limit: 10 }),
        () => centrifuge.presence(channel),
        () => centrifuge.presenceStats(channel),
        () => centrifuge.publish(channel, { type: 'typing' }),
      ]) {
        await expect(asking()).rejects.toMatchObject({ code: 102 })
      }
      const subscription = centrifuge.newSubscription(channel)
      const fate = new Promise((resolve) => {
        subscription.on('unsubscribed', resolve)
        subscription.on('subscribed', resolve)
      })
      subscription.subscribe()
      expect(await fate).toMatchObject({ code: 102 })
    }
  })

  test('I23: an attachment of others is like one that does not exist', async () => {
    const { ann, eve, conversationId } = await strangers()
    const file = { conversationId, fileName: 'a.png', contentType: 'image/png', bytes: 10 }
    const { attachmentId } = await ann.rpc<{ attachmentId: string }>('attachment.create', file)
    const none = randomUUID()
    expect(await answer(eve.rpc('attachment.get', { attachmentId }), [attachmentId])).toBe(
      await answer(eve.rpc('attachment.get', { attachmentId: none }), [none]),
    )
  })
})

async function quarrel() {
  const [ann, eve] = [await arrive(someone('ann')), await arrive(someone('eve'))]
  const { conversationId } = await ann.open(eve.user)
  const hers = await ann.join(conversationId)
  const joined = await eve.join(conversationId)
  return { ann, eve, conversationId, hers, joined }
}

const inbox = async (of: Talker) =>
  (await of.rpc<ConversationPage>('chat.list', {})).items.map((each) => each.conversationId)

describe('I24: somebody who is blocked', () => {
  test('I24: is told so when it speaks, and nothing of it gets through', async () => {
    const { ann, eve, conversationId, hers, joined } = await quarrel()
    const first = accepted(await eve.say(conversationId, 'before'))
    await waitFor(() => hers.events.length === 1 && ann.feed.length === 1)
    expect(await ann.rpc('chat.block', { userId: eve.user })).toMatchObject({ outcome: 'accepted' })
    const about = { conversationId, messageId: first.messageId }
    const offer = { conversationId, clientMessageId: randomUUID(), action: 'make', ...offerOf50() }
    for (const outcome of [
      await eve.say(conversationId, 'after'),
      await eve.rpc('chat.edit', { ...about, text: 'worse' }),
      await eve.rpc('chat.react', { ...about, emoji: ['💢'] }),
      await eve.rpc('chat.offer', offer),
    ]) {
      expect(outcome).toMatchObject({ outcome: 'refused', code: 'blocked' })
    }
    await joined.subscription.publish({ type: 'typing' })
    const { clients } = await hers.subscription.presence()
    expect(Object.values(clients).map(({ user }) => user)).toEqual([ann.user])
    eve.close()
    const back = await arrive(eve.user)
    await back.join(conversationId)
    // Whatever was on its way is there once something later has come through.
    const other = await ann.open(someone('sam'))
    const elsewhere = await ann.join(other.conversationId)
    await ann.say(other.conversationId, 'later')
    await waitFor(() => elsewhere.events.length === 1)
    expect(hers.events).toHaveLength(1)
    expect(hers.typing).toEqual([])
    expect(hers.joins.filter(({ user }) => user === eve.user)).toHaveLength(1)
    expect(hers.leaves).toEqual([])
    expect(ann.feed).toHaveLength(1)
  })

  test('I24: does not appear in the inbox by opening another conversation', async () => {
    const { ann, eve, conversationId } = await quarrel()
    accepted(await eve.say(conversationId, 'before'))
    await ann.rpc('chat.block', { userId: eve.user })
    const another = await eve.open(ann.user)
    expect(await eve.say(another.conversationId, 'hello')).toMatchObject({ code: 'blocked' })
    expect(await inbox(ann)).toEqual([conversationId])
    expect(await inbox(eve)).toEqual([another.conversationId, conversationId])
  })

  test('I24: is heard again after it is unblocked', async () => {
    const { ann, eve, conversationId, hers } = await quarrel()
    await ann.rpc('chat.block', { userId: eve.user })
    expect(await ann.rpc('chat.blocks', {})).toMatchObject({ items: [{ userId: eve.user }] })
    await ann.rpc('chat.unblock', { userId: eve.user })
    expect(await ann.rpc('chat.blocks', {})).toMatchObject({ items: [] })
    accepted(await eve.say(conversationId, 'sorry'))
    await waitFor(() => hers.events.length === 1)
  })

  test('I24: in a room goes on and notices nothing, and is not there for whoever blocked it', async () => {
    const { lotId } = await openLot(server())
    const talkers = await Promise.all(['ann', 'eve', 'bob'].map((name) => arrive(someone(name))))
    const [ann, eve, bob] = talkers as [Talker, Talker, Talker]
    const enter = async (talker: Talker): Promise<[string, Joined]> => {
      const { conversationId } = await talker.rpc<ConversationView>('chat.open', {
        kind: 'room',
        lotId,
      })
      return [conversationId, await talker.join(conversationId)]
    }
    const [[room, hers], [, others]] = [await enter(ann), await enter(bob)]
    await ann.rpc('chat.block', { userId: eve.user })
    accepted(await bob.say(room, 'one'))
    accepted(await eve.say(room, 'two'))
    accepted(await bob.say(room, 'three'))
    await waitFor(() => hers.events.length === 3 && others.events.length === 3)
    expect(others.events.map(({ data }) => data.message?.text)).toEqual(['one', 'two', 'three'])
    expect(hers.events.map(({ offset }) => offset)).toEqual([1, 2, 3])
    expect(hers.events[1]?.data).toEqual({ type: 'hidden', seq: 2, at: expect.any(Number) })
    const history = async (of: Talker) =>
      (await of.rpc<MessagePage>('chat.history', { conversationId: room, after: 0 })).items.map(
        ({ text }) => text,
      )
    expect(await history(ann)).toEqual(['one', 'three'])
    expect(await history(eve)).toEqual(['one', 'two', 'three'])
    const again = await (await arrive(ann.user)).join(room)
    expect(again.snapshot.messages.map(({ text }) => text)).toEqual(['one', 'three'])
    const stream = await hers.subscription.history({ limit: 10, reverse: true })
    expect(JSON.stringify(stream.publications)).not.toContain('two')
  })
})
