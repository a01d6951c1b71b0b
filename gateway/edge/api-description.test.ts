// The API's description against the API: the same resources, and answers that are as described.
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import type { RefusalCode } from '../../protocol/refusals.ts'
import {
  attachmentId,
  chatAcceptance,
  chatBookOf,
  chatStoreOf,
  clientMessageId,
  conversationId,
  conversationView,
  messageId,
  messageView,
} from '../testing/conversations.ts'
import { acceptance, bidId, bookOf, houseOf, lotId, lotView, refusing } from '../testing/lots.ts'
import { noonMs } from '../testing/people.ts'
import { readDescription } from './testing/api-description.ts'
import { startApiServer } from './testing/api-server.ts'

let refusal: Extract<RefusalCode, 'bid_too_low' | 'overloaded' | 'internal'> | undefined
const offer = {
  offerId: messageId,
  by: 'ann',
  amount: 4_500,
  currency: 'USD',
  state: 'open',
  expiresAt: noonMs + 60_000,
} as const
const message = messageView({
  editedAt: noonMs + 1,
  attachment: { attachmentId, fileName: 'a.png', contentType: 'image/png', bytes: 9 },
  offer,
  replyTo: { messageId, senderId: 'sel', kind: 'text', text: 'Well?' },
  reactions: [{ emoji: '👍', count: 2 }],
})
const own = { role: 'buyer', deliveredSeq: 3, readSeq: 2, pinned: true, archived: false } as const
const conversation = conversationView({ lastMessage: message, openOffer: offer, you: own })
const api = await startApiServer({
  devTokens: true,
  house: houseOf((command) =>
    refusal === undefined
      ? acceptance(command)
      : { ...refusing(refusal)(command), retryAfterMs: 1_500, seq: 2, price: null },
  ),
  book: bookOf({
    standing: async () => ({ leading: true, max: 5_000, alias: 'Bidder 1' }),
    bids: async () => ({
      items: [{ seq: 2, alias: 'Bidder 1', amount: 1_000, kind: 'proxy', at: noonMs }],
      next: 2,
    }),
  }),
  chatBook: chatBookOf({
    conversation: async () => conversation,
    conversations: async () => ({ items: [conversation], next: 'more' }),
    messages: async () => ({ items: [message], next: 1 }),
    search: async () => ({ items: [message] }),
    blocks: async () => ({ items: [{ userId: 'bob', at: noonMs }] }),
  }),
  chatStore: chatStoreOf({
    submit: (command) => ({
      ...chatAcceptance(command),
      seq: 4,
      at: noonMs,
      message,
      warnings: [{ rule: 'links', says: 'Careful.' }],
    }),
  }),
})
const description = await readDescription(api.url)
afterAll(() => api.close())
afterEach(() => {
  refusal = undefined
})

const talk = `/v1/conversations/${conversationId}`
const bid = { clientBidId: bidId, amount: 5_000, currency: 'USD' }
const send = { clientMessageId, text: 'Is it still there?' }

async function ask(method: string, path: string, body?: unknown, user = 'ann'): Promise<Response> {
  return await fetch(api.url + path, {
    method,
    headers: {
      ...(await api.bearer(user, 'moderator', 'seller')),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

test.each(Object.entries(description.document.paths))(
  '%s is answered for exactly the described methods',
  async (path, item) => {
    const place = path.replaceAll(/\{\w+\}/g, lotId)
    const { headers } = await fetch(api.url + place, { method: 'OPTIONS' })
    const allowed = new Set(headers.get('allow')?.split(', '))
    const described = Object.keys(item).map((method) => method.toUpperCase())
    // A fixed path and one with a parameter may both fit: `/docs/protocol`, `/docs/{file}`.
    expect(allowed).toEqual(new Set([...described, 'OPTIONS']))
  },
)

const answer = (body: unknown, type = 'application/json') =>
  new Response(JSON.stringify(body), { headers: { 'content-type': type } })

test('what is not as described is seen', async () => {
  const view = lotView()
  await description.expectDescribed('lot.get', answer(view))
  const { price: _, ...unpriced } = view
  const wrong = [
    answer({ ...view, secret: 1 }),
    answer(unpriced),
    answer({ ...view, state: 'asleep' }),
    answer(view, 'text/plain'),
  ]
  for (const response of wrong) {
    await expect(description.expectDescribed('lot.get', response)).rejects.toThrow()
  }
})

describe('an answer is as it is described', () => {
  test.each([
    ['healthz', 'GET', '/healthz'],
    ['readyz', 'GET', '/readyz'],
    ['lot.get', 'GET', `/v1/lots/${lotId}`],
    ['lot.bids', 'GET', `/v1/lots/${lotId}/bids`],
    ['bid.place', 'POST', `/v1/lots/${lotId}/bids`, bid],
    ['chat.open', 'POST', '/v1/conversations', { listingId: 'palm', peerId: 'sel' }],
    ['chat.list', 'GET', '/v1/conversations'],
    ['chat.get', 'GET', talk],
    ['chat.history', 'GET', `${talk}/messages`],
    ['chat.send', 'POST', `${talk}/messages`, send],
    ['chat.delete', 'DELETE', `${talk}/messages/${messageId}?forAll=true`],
    ['chat.search', 'GET', '/v1/search/messages?query=cradle'],
    ['chat.blocks', 'GET', '/v1/blocks'],
    ['chat.block', 'POST', '/v1/blocks', { userId: 'bob' }],
    ['chat.settings', 'GET', '/v1/chat/settings'],
    ['moderation.queue', 'GET', '/v1/moderation/queue'],
    ['moderation.rules', 'GET', '/v1/moderation/rules'],
    ['dev.token', 'POST', '/v1/dev/token', { user: 'ann' }],
  ])('%s', async (operation, method, path, body?: unknown) => {
    const response = await ask(method, path, body)
    expect(response.status).toBe(200)
    await description.expectDescribed(operation, response)
  })

  test('lot.create', async () => {
    const { title, currency, format, startPrice, startsAt, endsAt } = lotView()
    const terms = { title, currency, format, startPrice, startsAt, endsAt }
    const response = await ask('POST', '/v1/lots', terms, 'sel')
    expect(response.status).toBe(201)
    await description.expectDescribed('lot.create', response)
  })

  test('a refused bid', async () => {
    refusal = 'bid_too_low'
    const response = await ask('POST', `/v1/lots/${lotId}/bids`, bid, 'carl')
    expect(await description.expectDescribed('bid.place', response)).toMatchObject({
      outcome: 'refused',
    })
  })
})

describe('a failure is as it is described', () => {
  test('400, with each field that does not fit', async () => {
    const response = await ask('POST', `/v1/lots/${lotId}/bids`, { kind: 'guess', amount: '5' })
    expect(response.status).toBe(400)
    expect(await description.expectDescribed('bid.place', response)).toMatchObject({
      errors: expect.arrayContaining([
        { path: 'kind', says: 'expected one of "proxy", "exact"' },
        { path: 'amount', says: 'expected number, received string' },
      ]),
    })
    const query = await ask('GET', `${talk}/messages?limit=x`)
    expect(await description.expectDescribed('chat.history', query)).toMatchObject({
      detail: 'limit: expected a whole number',
      errors: [{ path: 'limit', says: 'expected a whole number' }],
    })
  })

  test('401 without a token', async () => {
    const response = await fetch(`${api.url}${talk}`)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    await description.expectDescribed('chat.get', response)
  })

  test('403 without the right', async () => {
    const response = await ask('POST', '/v1/users/bob/revoke', {})
    expect(response.status).toBe(403)
    await description.expectDescribed('user.revoke', response)
  })

  test('404 where there is nothing for the caller', async () => {
    const lot = await ask('GET', `/v1/lots/${bidId}`)
    expect(lot.status).toBe(404)
    await description.expectDescribed('lot.get', lot)
    const stranger = await ask('POST', `${talk}/messages`, send, 'stranger')
    expect(stranger.status).toBe(404)
    expect(await description.expectDescribed('chat.send', stranger)).toMatchObject({
      code: 'not_member',
    })
  })

  test('413 and 415, of a body that is none', async () => {
    const large = await ask('POST', `${talk}/messages`, { ...send, text: 'x'.repeat(70_000) })
    expect(large.status).toBe(413)
    await description.expectDescribed('chat.send', large)
    const headers = await api.bearer('ann')
    const text = await fetch(`${api.url}${talk}/messages`, { method: 'POST', headers, body: 'hi' })
    expect(text.status).toBe(415)
    await description.expectDescribed('chat.send', text)
  })

  test('429 with the time to wait', async () => {
    const slow = await startApiServer({
      rates: { requestsPerToken: { points: 1, windowMs: 60_000 } },
    })
    await fetch(`${slow.url}/v1/lots/${lotId}`)
    const response = await fetch(`${slow.url}/v1/lots/${lotId}`)
    slow.close()
    expect(response.status).toBe(429)
    for (const name of [
      'retry-after',
      'ratelimit-limit',
      'ratelimit-remaining',
      'ratelimit-reset',
    ]) {
      expect(response.headers.get(name)).toMatch(/^\d+$/)
    }
    await description.expectDescribed('lot.get', response)
  })

  test.each([
    ['overloaded', 503],
    ['internal', 500],
  ] as const)('%s is %i', async (code, status) => {
    refusal = code
    const response = await ask('POST', `/v1/lots/${lotId}/bids`, bid, code)
    expect(response.status).toBe(status)
    await description.expectDescribed('bid.place', response)
  })
})
