// What the methods of chat look like over HTTP.
import { describe, expect, test } from 'vitest'
import type { ChatRefusalCode } from '../../../protocol/refusals.ts'
import { RATES } from '../../limits.ts'
import type { HttpResponse } from '../../ports/http.ts'
import { type CallsSetup, callsOn } from '../../testing/calls.ts'
import {
  absentId,
  attachmentId,
  chatStoreOf,
  clientMessageId,
  conversationId,
  messageId,
  roomId,
} from '../../testing/conversations.ts'
import { caller, identity, nobody, noonMs } from '../../testing/people.ts'
import { methodResources } from './method-resources.ts'
import { createRateHeaders } from './rate-headers.ts'
import { createRouter } from './router.ts'

const ann = caller(identity('ann'))
const house = caller(identity('house', 'service'))

interface Asked extends CallsSetup {
  readonly who?: typeof ann
  readonly fields?: Readonly<Record<string, unknown>>
  readonly headers?: ReadonlyMap<string, string>
}

async function ask(method: string, path: string, asked: Asked = {}): Promise<HttpResponse> {
  const { who = ann, fields = {}, headers = new Map(), ...setup } = asked
  const rateHeaders = createRateHeaders({ ...RATES, ...setup.rates })
  const match = createRouter(methodResources(callsOn(setup), rateHeaders))(method, path)
  if (match === undefined || 'allow' in match) throw new Error(`${method} ${path} is nowhere`)
  return await match.resource.handle({ caller: who, path: match.params, fields, headers })
}

const textOf = ({ body = '' }: HttpResponse): string => String(body)
const bodyOf = (response: HttpResponse): unknown => JSON.parse(textOf(response))
const conversation = `/v1/conversations/${conversationId}`
const message = `${conversation}/messages/${messageId}`

describe('each method of chat', () => {
  test.each<[string, string, string, object]>([
    ['PATCH', conversation, 'update_membership', { pinned: true }],
    ['PUT', `${conversation}/mute`, 'update_membership', { until: null }],
    ['POST', `${conversation}/messages`, 'send_message', { clientMessageId, text: 'hello' }],
    ['PATCH', message, 'edit_message', { text: 'hello' }],
    ['DELETE', message, 'delete_message', { forAll: 'true' }],
    ['PUT', `${message}/reactions`, 'react', { emoji: [] }],
    ['POST', `${conversation}/delivered`, 'mark', { upToSeq: 1 }],
    ['POST', `${conversation}/read`, 'mark', { upToSeq: 1 }],
    [
      'POST',
      `${conversation}/offers`,
      'accept_offer',
      { clientMessageId, action: 'accept', offerId: messageId },
    ],
    ['POST', `${conversation}/reports`, 'report', { reason: 'spam' }],
    ['POST', '/v1/blocks', 'block', { userId: 'sel' }],
    ['DELETE', '/v1/blocks/sel', 'unblock', {}],
    ['PATCH', '/v1/chat/settings', 'set_chat_settings', { hideReadMarks: true }],
  ])('%s %s is %s', async (method, path, type, fields) => {
    const chatStore = chatStoreOf()
    const response = await ask(method, path, { chatStore, fields: { ...fields } })
    expect(response.status).toBe(200)
    expect(bodyOf(response)).toMatchObject({ outcome: 'accepted' })
    expect(chatStore.asked).toMatchObject([{ type, actor: { userId: 'ann' } }])
  })

  test.each([
    '/v1/conversations',
    conversation,
    `${conversation}/messages`,
    '/v1/blocks',
    '/v1/chat/settings',
  ])('GET %s is read', async (path) => {
    const response = await ask('GET', path)
    expect(response).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
  })

  test('the Idempotency-Key is the message’s own id', async () => {
    const chatStore = chatStoreOf()
    const headers = new Map([['idempotency-key', `"${clientMessageId}"`]])
    const fields = { text: 'hello' }
    await ask('POST', `${conversation}/messages`, { chatStore, fields, headers })
    expect(chatStore.asked).toMatchObject([{ clientMessageId }])
  })

  test('an erasure goes on in the background', async () => {
    const response = await ask('POST', '/v1/users/ann/erase', { who: house })
    expect(response.status).toBe(202)
  })

  test('an attachment is created where it will be found', async () => {
    const upload = {
      attachmentId,
      uploadUrl: 'https://objects.example/put',
      method: 'PUT' as const,
      headers: {},
      expiresAt: noonMs,
    }
    const chatStore = chatStoreOf({
      house: () => ({ outcome: 'accepted', serverTime: noonMs, upload }),
    })
    const fields = { conversationId, fileName: 'a.png', contentType: 'image/png', bytes: 1 }
    const response = await ask('POST', '/v1/attachments', { chatStore, fields })
    expect(response).toMatchObject({
      status: 201,
      headers: { location: `/v1/attachments/${attachmentId}` },
    })
    expect(bodyOf(response)).toEqual({ ...upload, outcome: 'accepted' })
  })
})

const refusing = (code: ChatRefusalCode) =>
  chatStoreOf({
    submit: () => ({
      outcome: 'refused',
      code,
      conversationId,
      serverTime: noonMs,
      retryable: false,
      retryAfterMs: 1_500,
    }),
  })

describe('a refusal', () => {
  const read = { fields: { upToSeq: 1 } }

  test.each<[ChatRefusalCode, number]>([
    ['not_permitted', 403],
    ['not_member', 404],
    ['rate_limited', 429],
    ['internal', 500],
    ['overloaded', 503],
  ])('%s is a problem with status %d', async (code, status) => {
    const chatStore = refusing(code)
    const response = await ask('POST', `${conversation}/read`, { chatStore, ...read })
    expect(response).toMatchObject({
      status,
      headers: { 'content-type': 'application/problem+json', 'retry-after': '2' },
    })
    expect(bodyOf(response)).toMatchObject({ code, status, conversationId })
  })

  test.each<ChatRefusalCode>([
    'blocked',
    'slow_mode',
    'text_empty',
    'offer_state',
    'mark_beyond_end',
    'idempotency_mismatch',
  ])('%s is an answer like any other', async (code) => {
    const chatStore = refusing(code)
    const response = await ask('POST', `${conversation}/read`, { chatStore, ...read })
    expect(response).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } })
    expect(bodyOf(response)).toMatchObject({ outcome: 'refused', code })
  })

  test('an unknown outcome says so with 504', async () => {
    const chatStore = chatStoreOf({
      submit: () => ({
        outcome: 'unknown',
        code: 'outcome_unknown',
        serverTime: noonMs,
        retryable: true,
      }),
    })
    const response = await ask('POST', `${conversation}/read`, { chatStore, ...read })
    expect(response.status).toBe(504)
    expect(bodyOf(response)).toMatchObject({ outcome: 'unknown', code: 'outcome_unknown' })
  })

  test('I23: a conversation of others is as little there as none', async () => {
    const zoe = caller(identity('zoe'))
    const answers = await Promise.all(
      [conversationId, absentId].map(async (id) => {
        const response = await ask('GET', `/v1/conversations/${id}`, { who: zoe })
        return { ...response, body: textOf(response).replaceAll(id, 'the conversation') }
      }),
    )
    expect(answers[0]).toMatchObject({ status: 404 })
    expect(answers[0]).toEqual(answers[1])
  })

  test('names the limit that was run into', async () => {
    const setup = {
      rates: {
        messagesPerUser: { points: 0, windowMs: 1_000 },
        conversationsOpenedPerUser: { points: 0, windowMs: 60_000 },
      },
    }
    const sent = await ask('POST', `${conversation}/messages`, {
      ...setup,
      fields: { clientMessageId, text: 'hello' },
    })
    expect(sent).toMatchObject({
      status: 429,
      headers: { 'ratelimit-limit': '0', 'ratelimit-remaining': '0', 'retry-after': '1' },
    })
    const opened = await ask('POST', '/v1/conversations', {
      ...setup,
      fields: { listingId: 'l1', peerId: 'sel' },
    })
    expect(opened).toMatchObject({ status: 429, headers: { 'retry-after': '60' } })
  })

  test('who has no token is asked for one, who has no right is turned away', async () => {
    const anonymous = await ask('GET', `/v1/conversations/${roomId}`, { who: nobody })
    expect(anonymous).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect((await ask('GET', '/v1/moderation/queue')).status).toBe(403)
  })
})
