// What is one's own: the inbox, how conversations are kept, blocks, settings, attachments.
import { describe, expect, test } from 'vitest'
import type { MethodName } from '../../../protocol/methods.ts'
import { RATES } from '../../limits.ts'
import type { ChatBook } from '../../ports/chat-book.ts'
import type { Caller } from '../../ports/desk.ts'
import { callsOn } from '../../testing/calls.ts'
import {
  attachmentId,
  chatBookOf,
  chatStoreOf,
  conversationId,
  conversationView,
  roomId,
} from '../../testing/conversations.ts'
import { caller, identity, nobody, noonMs } from '../../testing/people.ts'

const ann = caller(identity('ann'))
const sel = caller(identity('sel'))
const zoe = caller(identity('zoe'))
const moderator = caller(identity('mo', 'moderator'))
const annActs = { userId: 'ann', roles: [] }
const accepted = { kind: 'outcome', outcome: { outcome: 'accepted', serverTime: noonMs } }

describe('pages', () => {
  const noPage: Partial<ChatBook> = {
    conversations: async () => undefined,
    search: async () => undefined,
    blocks: async () => undefined,
    queue: async () => undefined,
  }
  test.each<[MethodName, object]>([
    ['chat.list', {}],
    ['chat.search', { query: 'stylus' }],
    ['chat.blocks', {}],
    ['moderation.queue', {}],
  ])('%s is told which cursor is none', async (method, params) => {
    const who = caller(identity('mo', 'moderator'))
    const call = callsOn({ chatBook: chatBookOf(noPage) })
    expect(await call(method, who, { ...params, cursor: 'x' })).toMatchObject({
      kind: 'error',
      error: 'bad_request',
      detail: expect.stringContaining('cursor'),
    })
    expect(await callsOn()(method, who, params)).toEqual({ kind: 'data', data: { items: [] } })
    expect(await callsOn()(method, nobody, params)).toMatchObject({ error: 'unauthorized' })
  })

  test('the inbox and search are read as the caller, with what was asked', async () => {
    const asked: unknown[] = []
    const chatBook = chatBookOf({
      conversations: async (...args) => {
        asked.push(args)
        return { items: [] }
      },
      search: async (...args) => {
        asked.push(args)
        return { items: [] }
      },
    })
    const call = callsOn({ chatBook })
    await call('chat.list', ann, { archived: 'true', limit: '5' })
    await call('chat.search', ann, { query: ' stylus ', conversationId })
    expect(asked).toEqual([
      ['ann', { archived: true, limit: 5 }],
      ['ann', { query: 'stylus', conversationId, limit: 20 }],
    ])
  })
})

describe('a conversation', () => {
  test('is got as it stands for oneself; by a moderator as everybody sees it', async () => {
    const call = callsOn()
    expect(await call('chat.get', ann, { conversationId })).toEqual({
      kind: 'data',
      data: conversationView({ unread: 2 }),
    })
    expect(await call('chat.get', moderator, { conversationId })).toEqual({
      kind: 'data',
      data: conversationView(),
    })
    expect(await call('chat.get', zoe, { conversationId: roomId })).toMatchObject({ kind: 'data' })
  })

  test('that was removed meanwhile is as if it had never been', async () => {
    const chatBook = chatBookOf({ conversation: async () => undefined })
    expect(await callsOn({ chatBook })('chat.get', ann, { conversationId })).toMatchObject({
      outcome: { outcome: 'refused', code: 'not_member', conversationId },
    })
  })

  test('is pinned, put away, muted, drafted in', async () => {
    const chatStore = chatStoreOf()
    const call = callsOn({ chatStore })
    await call('chat.update', ann, { conversationId, pinned: true, archived: false, draft: null })
    await call('chat.mute', ann, { conversationId, until: noonMs })
    await call('chat.mute', ann, { conversationId, until: null })
    const update = { type: 'update_membership', conversationId, actor: annActs }
    expect(chatStore.asked).toEqual([
      { ...update, changes: { pinned: true, archived: false, draft: null } },
      { ...update, changes: { mutedUntil: noonMs } },
      { ...update, changes: { mutedUntil: null } },
    ])
  })

  test('a room is slowed down by its seller and by those who keep order', async () => {
    const chatStore = chatStoreOf()
    const call = callsOn({ chatStore })
    const slow = { conversationId: roomId, slowModeMs: 5_000 }
    expect(await call('chat.slowMode', ann, slow)).toEqual({
      kind: 'error',
      error: 'permission_denied',
    })
    for (const who of [sel, moderator]) await call('chat.slowMode', who, slow)
    expect(chatStore.asked).toMatchObject([
      { type: 'set_slow_mode', slowModeMs: 5_000, actor: { userId: 'sel' } },
      { type: 'set_slow_mode', actor: { userId: 'mo' } },
    ])
  })

  test('is held for the courts by the house, not by its people', async () => {
    const chatStore = chatStoreOf()
    const call = callsOn({ chatStore })
    const hold = { conversationId, held: true }
    expect(await call('chat.legalHold', ann, hold)).toMatchObject({ error: 'permission_denied' })
    await call('chat.legalHold', caller(identity('boss', 'admin')), hold)
    expect(chatStore.asked).toMatchObject([{ type: 'set_legal_hold', held: true }])
  })
})

describe('people', () => {
  test('are blocked and unblocked by oneself, and nobody by itself', async () => {
    const chatStore = chatStoreOf()
    const call = callsOn({ chatStore })
    expect(await call('chat.block', ann, { userId: 'sel' })).toEqual(accepted)
    await call('chat.unblock', ann, { userId: 'sel' })
    expect(chatStore.asked).toEqual([
      { type: 'block', userId: 'sel', actor: annActs },
      { type: 'unblock', userId: 'sel', actor: annActs },
    ])
    expect(await call('chat.block', ann, { userId: 'ann' })).toMatchObject({
      outcome: { outcome: 'refused', code: 'peer_invalid' },
    })
    expect(await call('chat.block', nobody, { userId: 'sel' })).toMatchObject({
      error: 'unauthorized',
    })
    expect(chatStore.asked).toHaveLength(2)
  })

  test('settle what others see of them', async () => {
    const chatStore = chatStoreOf()
    const call = callsOn({ chatStore })
    expect(await call('chat.settings', ann, {})).toEqual({
      kind: 'data',
      data: { hideReadMarks: false },
    })
    await call('chat.updateSettings', ann, { hideReadMarks: true })
    expect(chatStore.asked).toEqual([
      { type: 'set_chat_settings', settings: { hideReadMarks: true }, actor: annActs },
    ])
  })
})

describe('attachment.create', () => {
  const file = { fileName: 'a.png', contentType: 'image/png', bytes: 12 }
  const upload = {
    attachmentId,
    uploadUrl: 'https://objects.example/put',
    method: 'PUT' as const,
    headers: { 'content-type': 'image/png' },
    expiresAt: noonMs + 60_000,
  }
  const accepting = () =>
    chatStoreOf({ house: () => ({ outcome: 'accepted', serverTime: noonMs, upload }) })

  test('answers where to put the bytes', async () => {
    const chatStore = accepting()
    const result = await callsOn({ chatStore })('attachment.create', ann, {
      conversationId,
      ...file,
    })
    expect(result).toEqual({ kind: 'outcome', outcome: { ...upload, outcome: 'accepted' } })
    expect(chatStore.asked).toEqual([
      {
        type: 'create_attachment',
        attachmentId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
        conversationId,
        actor: annActs,
        ...file,
      },
    ])
  })

  test('a link of the data folder leads to where the client found the gateway', async () => {
    const inFolder = { ...upload, uploadUrl: '/objects/put' }
    const house = () => ({ outcome: 'accepted', serverTime: noonMs, upload: inFolder }) as const
    const call = callsOn({ chatStore: chatStoreOf({ house }) })
    const create = async (by: Caller) =>
      await call('attachment.create', by, { conversationId, ...file })
    expect(await create(ann)).toMatchObject({
      outcome: { uploadUrl: 'https://chat.example/objects/put' },
    })
    expect(await create({ ...ann, origin: undefined })).toMatchObject({
      outcome: { uploadUrl: '/objects/put' },
    })
  })

  test('hands on what the store refuses', async () => {
    const refused = {
      outcome: 'refused',
      code: 'attachment_too_large',
      max: 10,
      serverTime: noonMs,
      retryable: true,
    } as const
    const call = callsOn({ chatStore: chatStoreOf({ house: () => refused }) })
    const result = await call('attachment.create', ann, { conversationId, ...file })
    expect(result).toEqual({ kind: 'outcome', outcome: refused })
  })

  test('counts as a message, so that nobody fills the store', async () => {
    const messagesPerUser = { ...RATES.messagesPerUser, points: 1, windowMs: 60_000, burst: 1 }
    const call = callsOn({ chatStore: accepting(), rates: { messagesPerUser } })
    const create = async () => await call('attachment.create', ann, { conversationId, ...file })
    await create()
    await create()
    expect(await create()).toMatchObject({
      outcome: { code: 'rate_limited' },
      limit: 'messagesPerUser',
    })
  })
})
