// The whole of Outcry over HTTP, each answer held to what the server's own description says of it.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ApiDescription, readDescription } from '../gateway/edge/testing/api-description.ts'
import type { Role } from '../protocol/identity.ts'
import { lotTerms, startServer, type TestServer } from './testing/server.ts'

let server: TestServer
let description: ApiDescription

beforeAll(async () => {
  server = await startServer()
  description = await readDescription(server.url)
})
afterAll(async () => {
  await server?.stop()
})

interface Asked {
  readonly by: string
  readonly roles?: readonly Role[]
  readonly body?: unknown
}

/** Asks `operation` by its own method and path, and expects the answer that it is described with. */
async function ask(
  operation: string,
  path: string,
  { by, roles = [], body }: Asked,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const method = description.methodOf(operation)
  const response = await fetch(server.url + path, {
    method,
    headers: {
      authorization: `Bearer ${await server.token(by, { roles })}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined || method === 'GET' ? {} : { body: JSON.stringify(body) }),
  })
  const { status } = response
  const answer = await description.expectDescribed(operation, response)
  return { status, body: answer as Record<string, unknown> }
}

const bid = (amount: number) => ({ clientBidId: randomUUID(), amount, currency: 'USD' })

describe('the answers of a running server are as it describes them', () => {
  test('a lot from its draft to a bid that is too low', async () => {
    const sam = { by: 'sam', roles: ['seller'] } as const
    const created = await ask('lot.create', '/v1/lots', { ...sam, body: lotTerms() })
    expect(created.status).toBe(201)
    const lot = `/v1/lots/${String(created.body['lotId'])}`
    await ask('lot.update', lot, { ...sam, body: { description: 'It glows.' } })
    await ask('lot.publish', `${lot}/publish`, { ...sam, body: {} })
    const first = await ask('bid.place', `${lot}/bids`, { by: 'ann', body: bid(5_000) })
    expect(first.body).toMatchObject({ outcome: 'accepted' })
    const low = await ask('bid.place', `${lot}/bids`, { by: 'ben', body: bid(1) })
    expect(low).toMatchObject({ status: 200, body: { code: 'bid_too_low' } })
    await ask('lot.get', lot, { by: 'ann' })
    expect((await ask('lot.bids', `${lot}/bids`, { by: 'ben' })).body['items']).toHaveLength(1)
    const withdrawn = await ask('lot.withdraw', `${lot}/withdraw`, { ...sam, body: {} })
    expect(withdrawn.body).toMatchObject({ code: 'lot_state' })
  })

  test('a conversation with a quote, a reaction, an offer and a tombstone', async () => {
    const ann = { by: 'ann' }
    const sel = { by: 'sel' }
    const opened = await ask('chat.open', '/v1/conversations', {
      ...ann,
      body: { listingId: `lamp-${randomUUID()}`, peerId: 'sel' },
    })
    const talk = `/v1/conversations/${String(opened.body['conversationId'])}`
    const send = { clientMessageId: randomUUID(), text: 'Does it come with the bulb?' }
    const sent = await ask('chat.send', `${talk}/messages`, { ...ann, body: send })
    const messageId = String(sent.body['messageId'])
    const again = await ask('chat.send', `${talk}/messages`, { ...ann, body: send })
    expect(again.body).toMatchObject({ replayed: true })
    await ask('chat.send', `${talk}/messages`, {
      ...sel,
      body: { clientMessageId: randomUUID(), text: 'It does.', replyTo: messageId },
    })
    const message = `${talk}/messages/${messageId}`
    await ask('chat.react', `${message}/reactions`, { ...sel, body: { emoji: ['👍'] } })
    await ask('chat.edit', message, { ...ann, body: { text: 'Does it come with a bulb?' } })
    await ask('chat.read', `${talk}/read`, { ...sel, body: { upToSeq: 1 } })
    const terms = { amount: 4_500, currency: 'USD', expiresAt: Date.now() + 3_600_000 }
    const offer = { action: 'make', clientMessageId: randomUUID(), ...terms }
    await ask('chat.offer', `${talk}/offers`, { ...ann, body: offer })
    const second = await ask('chat.offer', `${talk}/offers`, {
      ...ann,
      body: { ...offer, clientMessageId: randomUUID() },
    })
    expect(second.body).toMatchObject({ code: 'offer_state', state: 'open' })
    await ask('chat.delete', `${message}?forAll=true`, ann)
    const page = await ask('chat.history', `${talk}/messages?limit=2`, sel)
    expect(page.body['next']).toEqual(expect.any(Number))
    await ask('chat.history', `${talk}/messages?after=0`, sel)
    await ask('chat.get', talk, sel)
    const inbox = await ask('chat.list', '/v1/conversations', sel)
    expect(inbox.body['items']).toHaveLength(1)
    await ask('chat.search', '/v1/search/messages?query=does', sel)
    await ask('chat.update', talk, { ...sel, body: { pinned: true, draft: 'Well' } })
    await ask('chat.mute', `${talk}/mute`, { ...sel, body: { until: null } })
    await ask('chat.updateSettings', '/v1/chat/settings', { ...sel, body: { hideReadMarks: true } })
    expect((await ask('chat.settings', '/v1/chat/settings', sel)).body).toEqual({
      hideReadMarks: true,
    })
  })

  test('a report, a block, and what strangers are told', async () => {
    const opened = await ask('chat.open', '/v1/conversations', {
      by: 'ann',
      body: { listingId: `clock-${randomUUID()}`, peerId: 'bob' },
    })
    const talk = `/v1/conversations/${String(opened.body['conversationId'])}`
    const said = { clientMessageId: randomUUID(), text: 'Call me.' }
    const sent = await ask('chat.send', `${talk}/messages`, { by: 'bob', body: said })
    const report = { messageId: sent.body['messageId'], reason: 'spam', note: 'Again.' }
    await ask('chat.report', `${talk}/reports`, { by: 'ann', body: report })
    const moderator = { by: 'mod', roles: ['moderator'] } as const
    const queue = await ask('moderation.queue', '/v1/moderation/queue', moderator)
    const { caseId } = (queue.body['items'] as { caseId: string }[])[0] ?? { caseId: '' }
    await ask('moderation.decide', `/v1/moderation/queue/${caseId}/decide`, {
      ...moderator,
      body: { decision: 'dismiss' },
    })
    await ask('moderation.rules', '/v1/moderation/rules', moderator)
    await ask('chat.block', '/v1/blocks', { by: 'ann', body: { userId: 'bob' } })
    expect((await ask('chat.blocks', '/v1/blocks', { by: 'ann' })).body['items']).toHaveLength(1)
    const blocked = await ask('chat.send', `${talk}/messages`, {
      by: 'bob',
      body: { ...said, clientMessageId: randomUUID() },
    })
    expect(blocked.body).toMatchObject({ outcome: 'refused', code: 'blocked' })
    const stranger = await ask('chat.get', talk, { by: 'eve' })
    expect(stranger).toMatchObject({ status: 404, body: { code: 'not_member' } })
    const queueOfUser = await ask('moderation.queue', '/v1/moderation/queue', { by: 'eve' })
    expect(queueOfUser.status).toBe(403)
  })

  test('an attachment, and links that are none', async () => {
    const opened = await ask('chat.open', '/v1/conversations', {
      by: 'ann',
      body: { listingId: `vase-${randomUUID()}`, peerId: 'sel' },
    })
    const { conversationId } = opened.body
    const file = { conversationId, fileName: 'vase.pdf', contentType: 'application/pdf', bytes: 9 }
    const created = await ask('attachment.create', '/v1/attachments', { by: 'ann', body: file })
    expect(created.status).toBe(201)
    await ask('attachment.get', `/v1/attachments/${String(created.body['attachmentId'])}`, {
      by: 'eve',
    })
    for (const operation of ['object.get', 'object.put']) {
      const refused = await ask(operation, '/objects/nothing', { by: 'ann', body: {} })
      expect(refused).toMatchObject({ status: 403, body: { code: 'link_invalid' } })
    }
  })

  test('a webhook from its making to its end, and an address that it may not lead to', async () => {
    const shop = { by: 'shop', roles: ['service'] } as const
    const all = '/v1/webhooks'
    // Of nobody's types, and paused before anything is to be sent: nothing leaves this machine.
    const made = { url: 'https://93.184.216.34/hook', types: ['lot.cancelled'] }
    const created = await ask('webhook.create', all, { ...shop, body: made })
    expect(created).toMatchObject({ status: 201, body: { outcome: 'accepted' } })
    const one = `${all}/${String(created.body['webhookId'])}`
    const private4 = { url: 'https://10.0.0.1/' }
    const refused = await ask('webhook.create', all, { ...shop, body: private4 })
    expect(refused).toMatchObject({ status: 400, body: { field: 'url' } })
    await ask('webhook.update', one, { ...shop, body: { paused: true, description: 'the shop' } })
    await ask('webhook.rotateSecret', `${one}/rotate-secret`, { ...shop, body: {} })
    const tested = await ask('webhook.test', `${one}/test`, { ...shop })
    expect(tested.status).toBe(202)
    const { eventId } = tested.body
    const waiting = await ask('webhook.deliveries', `${one}/deliveries?state=waiting`, shop)
    expect(waiting.body['items']).toMatchObject([{ eventId, state: 'waiting' }])
    await ask('webhook.replay', `${one}/replay`, { ...shop, body: { eventId } })
    await ask('webhook.replay', `${one}/replay`, { ...shop, body: { deadSince: 0 } })
    const missing = { ...shop, body: { eventId: randomUUID() } }
    expect((await ask('webhook.replay', `${one}/replay`, missing)).status).toBe(404)
    await ask('webhook.get', one, shop)
    expect((await ask('webhook.list', all, shop)).body['items']).toHaveLength(1)
    await ask('webhook.delete', one, shop)
    expect((await ask('webhook.get', one, shop)).status).toBe(404)
    expect((await ask('webhook.list', all, { by: 'eve' })).status).toBe(403)
  })

  test('the package’s version, and a page that shows it', async () => {
    expect(description.document.info['version']).toMatch(/^\d+\.\d+\.\d+/)
    expect((await fetch(`${server.url}/docs`)).status).toBe(200)
  })
})
