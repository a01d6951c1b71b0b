import { describe, expect, test } from 'vitest'
import { messageCharactersMax } from '../../../protocol/message-text.ts'
import { RATES } from '../../limits.ts'
import { callsOn } from '../../testing/calls.ts'
import {
  absentId,
  attachmentId,
  chatBookOf,
  chatStoreOf,
  clientMessageId,
  conversationId,
  draftRoomId,
  messageId,
  messageView,
  roomId,
} from '../../testing/conversations.ts'
import { caller, identity, nobody, noonMs } from '../../testing/people.ts'

const ann = caller(identity('ann'))
const zoe = caller(identity('zoe'))
const house = caller(identity('house', 'service'))
const moderator = caller(identity('mo', 'moderator'))
const tokenNeeded = { kind: 'error', error: 'unauthorized', detail: 'a token is needed' }
const denied = { kind: 'error', error: 'permission_denied' }

const say = (fields: object = {}) => ({
  conversationId,
  clientMessageId,
  text: 'Is it still there?',
  ...fields,
})

function refusal(code: string, fields: object = {}) {
  return { kind: 'outcome', outcome: { outcome: 'refused', code, serverTime: noonMs, ...fields } }
}

describe('chat.send', () => {
  test('a message is brought to the chat store under its sender’s own name', async () => {
    const chatStore = chatStoreOf()
    const result = await callsOn({ chatStore })('chat.send', ann, say({ senderId: 'sel' }))
    expect(result).toMatchObject({ kind: 'outcome', outcome: { outcome: 'accepted' } })
    expect(chatStore.asked).toEqual([
      {
        type: 'send_message',
        conversationId,
        actor: { userId: 'ann', roles: [] },
        messageId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        clientMessageId,
        content: { kind: 'text', text: 'Is it still there?' },
      },
    ])
  })

  test('a text is sent in the form in which it is kept', async () => {
    const chatStore = chatStoreOf()
    const said = { text: 'e\u0301 \r\n 🎉', replyTo: messageId, attachmentId, offer: undefined }
    await callsOn({ chatStore })('chat.send', ann, say(said))
    const content = { kind: 'text', text: 'é \n 🎉', replyTo: messageId }
    expect(chatStore.asked).toMatchObject([{ content }])
    expect(chatStore.asked[0]).not.toHaveProperty('content.attachmentId')
  })

  test.each<[string, string | undefined, object]>([
    ['text_empty', undefined, {}],
    ['text_empty', '', {}],
    ['text_empty', ' \n\u3000', {}],
    ['text_too_long', 'x'.repeat(messageCharactersMax + 1), { max: messageCharactersMax }],
    ['text_too_long', '🎉'.repeat(messageCharactersMax + 1), { max: messageCharactersMax }],
    ['text_invalid', 'half \ud83c', {}],
    ['text_invalid', '\udf89 half', {}],
    ['text_invalid', 'a\u0000b', {}],
    ['text_invalid', 'a\tb', {}],
    ['text_invalid', 'a\u009bb', {}],
  ])('%s: the store never hears of %j', async (code, text, fields) => {
    const chatStore = chatStoreOf()
    const result = await callsOn({ chatStore })('chat.send', ann, say({ text }))
    expect(result).toEqual(
      refusal(code, { conversationId, clientMessageId, retryable: true, ...fields }),
    )
    expect(chatStore.asked).toEqual([])
  })

  test('the longest text is let through', async () => {
    const text = '🎉'.repeat(messageCharactersMax)
    const result = await callsOn()('chat.send', ann, say({ text }))
    expect(result).toMatchObject({ outcome: { outcome: 'accepted' } })
  })

  test('a caption may be missing, and what is blank is none', async () => {
    const chatStore = chatStoreOf()
    const call = callsOn({ chatStore })
    for (const text of [undefined, '', '  ']) {
      await call('chat.send', ann, say({ kind: 'image', attachmentId, text }))
    }
    await call('chat.send', ann, say({ kind: 'file', attachmentId, text: 'the manual' }))
    const image = { content: { kind: 'image', attachmentId } }
    expect(chatStore.asked).toMatchObject([
      image,
      image,
      image,
      { content: { kind: 'file', text: 'the manual' } },
    ])
    expect(chatStore.asked[0]).not.toHaveProperty('content.text')
    const invalid = await call(
      'chat.send',
      ann,
      say({ kind: 'image', attachmentId, text: '\u0007' }),
    )
    expect(invalid).toMatchObject(refusal('text_invalid'))
  })

  test('only the marketplace says what happened to the deal, wherever it likes', async () => {
    const chatStore = chatStoreOf()
    const call = callsOn({ chatStore })
    const sold = say({ kind: 'system', text: undefined, system: { event: 'sold' } })
    expect(await call('chat.send', ann, sold)).toEqual(denied)
    expect(await call('chat.send', zoe, sold)).toMatchObject(refusal('not_member'))
    expect(await call('chat.send', house, say())).toMatchObject(refusal('not_member'))
    expect(chatStore.asked).toEqual([])
    await call('chat.send', house, sold)
    expect(chatStore.asked).toMatchObject([
      { content: { kind: 'system', system: { event: 'sold' } } },
    ])
  })

  test.each<[string, unknown]>([
    ['half a surrogate pair', { note: 'half \ud83c' }],
    ['half a pair far inside', { a: [{ b: ['\udf89'] }] }],
    ['a key with NUL', { a: { 'b\0': 1 } }],
    ['what is no JSON', { at: 1n }],
    ['no number', { at: Number.NaN }],
    ['nests without end', { a: JSON.parse('['.repeat(30_000) + ']'.repeat(30_000)) }],
  ])('a system message whose data holds %s is no request', async (_, data) => {
    const chatStore = chatStoreOf()
    const sold = say({ kind: 'system', system: { event: 'sold', data } })
    const result = await callsOn({ chatStore })('chat.send', house, sold)
    expect(result).toMatchObject({ kind: 'error', error: 'bad_request' })
    expect(chatStore.asked).toEqual([])
  })

  test('a system message may hold any other data', async () => {
    const data = { price: 5_000, paid: true, by: null, lines: [{ title: 'Palm 🎉', count: 1.5 }] }
    const chatStore = chatStoreOf()
    const sold = say({ kind: 'system', system: { event: 'sold', data } })
    await callsOn({ chatStore })('chat.send', house, sold)
    expect(chatStore.asked).toMatchObject([{ content: { system: { event: 'sold', data } } }])
  })

  test('who has no token is told so, whatever the conversation is', async () => {
    const call = callsOn()
    for (const id of [conversationId, roomId, absentId]) {
      expect(await call('chat.send', nobody, say({ conversationId: id }))).toEqual(tokenNeeded)
    }
  })

  test('a room is open to whoever may see its lot', async () => {
    const chatStore = chatStoreOf()
    const call = callsOn({ chatStore })
    expect(await call('chat.send', zoe, say({ conversationId: roomId }))).toMatchObject({
      outcome: { outcome: 'accepted' },
    })
    const inDraft = say({ conversationId: draftRoomId })
    expect(await call('chat.send', zoe, inDraft)).toMatchObject(refusal('not_member'))
    expect(await call('chat.send', caller(identity('sel')), inDraft)).toMatchObject({
      outcome: { outcome: 'accepted' },
    })
  })

  test('a burst runs out, for all that is said together, and names the limit', async () => {
    const messagesPerUser = { ...RATES.messagesPerUser, points: 1, windowMs: 60_000, burst: 3 }
    const call = callsOn({ rates: { messagesPerUser } })
    const at = { conversationId, messageId }
    await call('chat.send', ann, say())
    await call('chat.edit', ann, { ...at, text: 'changed' })
    await call('chat.react', ann, { ...at, emoji: ['👍'] })
    await call('chat.offer', ann, {
      conversationId,
      clientMessageId,
      action: 'accept',
      offerId: messageId,
    })
    const refused = await call('chat.send', ann, say())
    expect(refused).toEqual({
      ...refusal('rate_limited', {
        conversationId,
        clientMessageId,
        retryable: true,
        retryAfterMs: expect.any(Number),
      }),
      limit: 'messagesPerUser',
    })
    expect(await call('chat.read', ann, { conversationId, upToSeq: 1 })).toMatchObject({
      outcome: { outcome: 'accepted' },
    })
    expect(await call('chat.send', caller(identity('sel')), say())).toMatchObject({
      outcome: { outcome: 'accepted' },
    })
  })

  test('who may say it is read once, however much is said', async () => {
    let readings = 0
    const stored = chatBookOf()
    const chatBook = chatBookOf({
      card: async (id) => {
        readings += 1
        return await stored.card(id)
      },
    })
    const call = callsOn({ chatBook })
    await call('chat.send', ann, say())
    await call('chat.send', ann, say())
    expect(readings).toBe(1)
    await call('chat.send', ann, say({ conversationId: absentId }))
    await call('chat.send', ann, say({ conversationId: absentId }))
    expect(readings).toBe(3)
  })
})

describe('what was said', () => {
  const at = { conversationId, messageId }

  test('is changed, taken back, answered with emoji and marked', async () => {
    const chatStore = chatStoreOf()
    const call = callsOn({ chatStore })
    await call('chat.edit', ann, { ...at, text: 'Still there?\r\n' })
    await call('chat.delete', ann, { ...at, forAll: 'true' })
    await call('chat.delete', ann, at)
    await call('chat.react', ann, { ...at, emoji: ['👍', '🎉'] })
    await call('chat.delivered', ann, { conversationId, upToSeq: 3 })
    await call('chat.read', ann, { conversationId, upToSeq: 2 })
    const whose = { conversationId, actor: { userId: 'ann', roles: [] } }
    expect(chatStore.asked).toEqual([
      { ...whose, type: 'edit_message', messageId, text: 'Still there?\n' },
      { ...whose, type: 'delete_message', messageId, forAll: true },
      { ...whose, type: 'delete_message', messageId, forAll: false },
      { ...whose, type: 'react', messageId, emoji: ['👍', '🎉'] },
      { ...whose, type: 'mark', delivered: 3 },
      { ...whose, type: 'mark', read: 2 },
    ])
  })

  test('is not changed to what can not be said', async () => {
    const call = callsOn()
    const edit = async (text: string) => await call('chat.edit', ann, { ...at, text })
    expect(await edit('\ud83c')).toMatchObject(refusal('text_invalid'))
    expect(await edit('x'.repeat(4_001))).toMatchObject(refusal('text_too_long', { max: 4_000 }))
  })

  test('is changed to nothing where the store finds that it is a caption', async () => {
    const chatStore = chatStoreOf()
    const call = callsOn({ chatStore })
    for (const text of ['', ' \n']) await call('chat.edit', ann, { ...at, text })
    expect(chatStore.asked).toMatchObject([{ text: '' }, { text: '' }])
  })

  test('a moderator takes back what others said, and reads what it was', async () => {
    const chatStore = chatStoreOf()
    const versions = [{ text: 'before', from: 1, to: 2 }]
    const chatBook = chatBookOf({ versions: async () => versions })
    const call = callsOn({ chatStore, chatBook })
    await call('chat.delete', moderator, { ...at, forAll: true })
    expect(chatStore.asked).toMatchObject([{ type: 'delete_message', actor: { userId: 'mo' } }])
    expect(await call('chat.versions', moderator, at)).toEqual({
      kind: 'data',
      data: { items: versions },
    })
    expect(await call('chat.versions', ann, at)).toEqual(denied)
    expect(await call('chat.versions', zoe, at)).toMatchObject(refusal('not_member'))
  })
})

describe('chat.history', () => {
  test('is read as the caller, page by page', async () => {
    const asked: unknown[] = []
    const page = { items: [messageView()], next: 1 }
    const chatBook = chatBookOf({
      messages: async (...args) => {
        asked.push(args)
        return page
      },
    })
    const call = callsOn({ chatBook })
    const result = await call('chat.history', ann, { conversationId, before: '9', limit: '2' })
    expect(result).toEqual({ kind: 'data', data: page })
    expect(asked).toEqual([['ann', { conversationId, before: 9, limit: 2 }]])
    expect(await call('chat.history', zoe, { conversationId })).toMatchObject(refusal('not_member'))
    expect(await call('chat.history', moderator, { conversationId })).toMatchObject({ data: page })
    expect(await call('chat.history', nobody, { conversationId: roomId })).toEqual(tokenNeeded)
  })

  test('goes one way at a time', async () => {
    const both = await callsOn()('chat.history', ann, { conversationId, before: 9, after: 1 })
    expect(both).toMatchObject({ kind: 'error', error: 'bad_request' })
  })
})
