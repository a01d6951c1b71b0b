// The marketplace's own back end is told what happens, by webhooks.
import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { HttpError } from '../loadtest/http-client.ts'
import { secretsPerWebhookMax, webhooksMax } from '../notifier/limits.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { ChatOutcome, ConversationView } from '../protocol/chat.ts'
import type { WebhookPayload } from '../protocol/webhook-payloads.ts'
import type { WebhookDeliveryPage, WebhookView } from '../protocol/webhooks.ts'
import { accepted, offerOf50, someone, unhurried } from './testing/chat.ts'
import { endSoon, lotOf, openLot, startServer, type TestServer } from './testing/server.ts'
import {
  createWebhook,
  isSignedBy,
  loopbackReach,
  type Received,
  TestReceiver,
} from './testing/webhook-receiver.ts'

let server: TestServer
let database: Client
const receivers: TestReceiver[] = []

beforeAll(async () => {
  server = await startServer({ ...unhurried, ...loopbackReach, LIMIT_BIDS_PER_USER: 'off' })
  database = new Client({ connectionString: server.databaseUrl })
  await database.connect()
})
afterEach(async () => {
  await database.query('DELETE FROM webhooks')
  await Promise.all(receivers.splice(0).map((receiver) => receiver.stop()))
})
afterAll(async () => {
  await database?.end()
  await server?.stop()
})

async function receive(): Promise<TestReceiver> {
  const receiver = await TestReceiver.start()
  receivers.push(receiver)
  return receiver
}

const shop = () => server.as('shop', 'service')
const call = async <Result>(method: string, path: string, body?: unknown): Promise<Result> =>
  (await (await shop()).call(method, path, body)) as Result

async function deliveries(webhookId: string, query = ''): Promise<WebhookDeliveryPage['items']> {
  const path = `/v1/webhooks/${webhookId}/deliveries${query}`
  return (await call<WebhookDeliveryPage>('GET', path)).items
}

/**
 * Lets hours pass, once so many attempts were noted: what waits for its next attempt is due, and webhooks
 * are held no longer.
 */
async function letTimePass(webhookId: string, attempts: number): Promise<void> {
  await waitFor(async () =>
    (await deliveries(webhookId)).some((delivery) => delivery.attempts === attempts),
  )
  await database.query("UPDATE webhook_deliveries SET due_at_ms = 0 WHERE state = 'waiting'")
  await database.query('UPDATE webhooks SET held_until_ms = NULL')
}

type Of<Type extends WebhookPayload['type']> = Extract<WebhookPayload, { type: Type }>
const ofType = <Type extends WebhookPayload['type']>(received: readonly Received[], type: Type) =>
  received.flatMap(({ payload }) => (payload.type === type ? [payload as Of<Type>] : []))

async function bid(user: string, lotId: string, amount: number): Promise<void> {
  const by = await server.as(user)
  const body = { clientBidId: randomUUID(), amount, currency: 'USD' }
  expect(await by.call('POST', `/v1/lots/${lotId}/bids`, body)).toMatchObject({
    outcome: 'accepted',
  })
}

async function talk() {
  const [ann, sam] = [someone('ann'), someone('sam')]
  const annsClient = await server.as(ann)
  const opened = await annsClient.call('POST', '/v1/conversations', {
    listingId: randomUUID(),
    peerId: sam,
  })
  const { conversationId } = opened as unknown as ConversationView
  const path = `/v1/conversations/${conversationId}`
  const say = async (text: string): Promise<string> => {
    const body = { clientMessageId: randomUUID(), kind: 'text', text }
    const outcome = await annsClient.call('POST', `${path}/messages`, body)
    return accepted(outcome as unknown as ChatOutcome).messageId ?? ''
  }
  return { ann, sam, annsClient, conversationId, path, say }
}

describe('what is told', () => {
  test('I12: bids, each once and in order, the sale and its order; no secret maximum', async () => {
    const receiver = await receive()
    const { secret } = await createWebhook(server, receiver.url)
    const { lotId } = await openLot(server)
    await bid('ann', lotId, 7_654_321)
    for (let nth = 1; nth <= 30; nth += 1) await bid('bob', lotId, 2_000 + 500 * nth)
    await endSoon(server, lotId)
    await waitFor(() => receiver.types().includes('order.created'), { timeoutMs: 20_000 })
    await waitFor(() => {
      const told = ofType(receiver.taken(), 'bid.accepted').flatMap(({ data }) => data.bids)
      return told.length >= 31
    })
    const events = ofType(receiver.taken(), 'bid.accepted').toSorted(
      (one, other) => one.data.lot.seq - other.data.lot.seq,
    )
    const seqs = events.flatMap(({ data }) => data.bids.map(({ seq }) => seq))
    expect(new Set(seqs).size).toBe(31)
    expect(seqs).toEqual(seqs.toSorted((one, other) => one - other))
    // Gathered: by the second, not one for each bid.
    expect(events.length).toBeLessThan(31)
    const [sold] = ofType(receiver.taken(), 'lot.sold')
    expect(sold?.data).toMatchObject({
      sellerId: 'sam',
      buyerId: 'ann',
      lot: { lotId, state: 'sold', result: { outcome: 'sold', winner: 'Bidder 1' } },
    })
    expect(ofType(receiver.taken(), 'order.created')[0]?.data).toMatchObject({
      orderId: lotId,
      buyerId: 'ann',
      sellerId: 'sam',
      amount: sold?.data.lot.result?.price,
    })
    const everything = receiver.received.map(({ body }) => body).join()
    expect(everything).not.toContain('7654321')
    expect(receiver.received.every((one) => isSignedBy(secret, one))).toBe(true)
  })

  test('lots that end without a buyer, and those that do not come to their end', async () => {
    const receiver = await receive()
    await createWebhook(server, receiver.url, { types: ['lot.unsold', 'lot.cancelled'] })
    const unsold = await openLot(server)
    await endSoon(server, unsold.lotId)
    const cancelled = await openLot(server)
    await bid('ann', cancelled.lotId, 2_000)
    lotOf(await call('POST', `/v1/lots/${cancelled.lotId}/cancel`, { reason: 'broken' }))
    await waitFor(() => receiver.taken().length === 2, { timeoutMs: 20_000 })
    expect(ofType(receiver.taken(), 'lot.unsold')[0]?.data.lot.lotId).toBe(unsold.lotId)
    expect(ofType(receiver.taken(), 'lot.cancelled')[0]?.data.lot).toMatchObject({
      lotId: cancelled.lotId,
      result: { outcome: 'cancelled', reason: 'broken' },
    })
  })

  test('messages of conversations and rooms, and an offer that is accepted', async () => {
    const receiver = await receive()
    await createWebhook(server, receiver.url)
    const { ann, sam, annsClient, conversationId, path, say } = await talk()
    await say('Does it work?')
    const offer = { action: 'make', clientMessageId: randomUUID(), ...offerOf50() }
    const made = await annsClient.call('POST', `${path}/offers`, offer)
    const { messageId: offerId } = accepted(made as unknown as ChatOutcome)
    const samsClient = await server.as(sam)
    const acceptance = { action: 'accept', clientMessageId: randomUUID(), offerId }
    await samsClient.call('POST', `${path}/offers`, acceptance)
    await waitFor(() => receiver.types().includes('order.created'))
    await waitFor(() => receiver.types().includes('offer.accepted'))
    const [said] = ofType(receiver.taken(), 'message.created')
    expect(said?.data).toMatchObject({
      conversation: { conversationId, kind: 'direct', buyerId: ann, sellerId: sam },
      message: { text: 'Does it work?', senderId: ann, seq: 1 },
    })
    expect(ofType(receiver.taken(), 'offer.accepted')[0]?.data).toMatchObject({
      acceptedBy: sam,
      offer: { offerId, state: 'accepted', amount: 5_000 },
    })
    expect(ofType(receiver.taken(), 'order.created')[0]?.data).toMatchObject({
      buyerId: ann,
      sellerId: sam,
      amount: 5_000,
      conversationId,
    })
    const { lotId } = await openLot(server)
    const room = await annsClient.call('POST', '/v1/conversations', { kind: 'room', lotId })
    const roomPath = `/v1/conversations/${String(room['conversationId'])}/messages`
    const body = { clientMessageId: randomUUID(), kind: 'text', text: 'hello everybody' }
    await annsClient.call('POST', roomPath, body)
    await waitFor(() =>
      ofType(receiver.taken(), 'message.created').some(
        ({ data }) => data.message.text === 'hello everybody' && data.conversation.lotId === lotId,
      ),
    )
  })

  test('I21: what was deleted before an attempt is not in it', async () => {
    const receiver = await receive()
    receiver.answer = (nth) => ({ status: nth === 0 ? 500 : 200 })
    const { webhookId } = await createWebhook(server, receiver.url, { types: ['message.created'] })
    const { annsClient, path, say } = await talk()
    const messageId = await say('call me at 555-0199')
    await waitFor(() => receiver.received.length === 1)
    await annsClient.call('DELETE', `${path}/messages/${messageId}?forAll=true`)
    await letTimePass(webhookId, 1)
    await waitFor(() => receiver.received.length === 2)
    const [first, second] = receiver.received
    expect(first?.body).toContain('555-0199')
    expect(second?.body).not.toContain('555-0199')
    expect(second?.id).toBe(first?.id)
    expect(second?.payload).toMatchObject({ data: { message: { messageId, deleted: true } } })
  })

  test('nothing is kept where nobody wants it', async () => {
    const { rows: before } = await database.query('SELECT count(*) FROM webhook_events')
    const receiver = await receive()
    const { webhookId } = await createWebhook(server, receiver.url, { types: ['lot.sold'] })
    const { say } = await talk()
    await say('nobody wants to know')
    await waitFor(async () => {
      const { rowCount } = await database.query('SELECT FROM outbox WHERE NOT notified')
      return rowCount === 0
    })
    const { rows: after } = await database.query('SELECT count(*) FROM webhook_events')
    expect(after).toEqual(before)
    expect(await deliveries(webhookId)).toEqual([])
  })
})

describe('a receiver in trouble', () => {
  test('is tried again for three days, then given up, and sent to again when somebody asks', async () => {
    const receiver = await receive()
    receiver.answer = () => ({ status: 500 })
    const { webhookId } = await createWebhook(server, receiver.url, { types: ['message.created'] })
    const { say } = await talk()
    await say('is anybody there?')
    const attempts = 10
    for (let nth = 1; nth < attempts; nth += 1) await letTimePass(webhookId, nth)
    await waitFor(async () => (await deliveries(webhookId, '?state=dead')).length === 1)
    expect(receiver.received).toHaveLength(attempts)
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1)
    expect(await deliveries(webhookId)).toMatchObject([
      { state: 'dead', attempts, lastStatus: 500, lastFault: 'answered 500' },
    ])
    const view = await call<WebhookView>('GET', `/v1/webhooks/${webhookId}`)
    expect(view.failingSince).toBeGreaterThan(0)
    receiver.answer = () => ({ status: 204 })
    const replayed = await call('POST', `/v1/webhooks/${webhookId}/replay`, { deadSince: 0 })
    expect(replayed).toMatchObject({ outcome: 'accepted', requeued: 1 })
    await waitFor(() => receiver.taken().length === 1)
    await waitFor(async () => (await deliveries(webhookId, '?state=delivered')).length === 1)
    expect(receiver.taken()[0]?.id).toBe(receiver.received[0]?.id)
    expect(await call('GET', `/v1/webhooks/${webhookId}`)).not.toHaveProperty('failingSince')
  })

  test('that says 410 is left alone until somebody lets it go on', async () => {
    const receiver = await receive()
    receiver.answer = () => ({ status: 410 })
    const { webhookId } = await createWebhook(server, receiver.url)
    const { say } = await talk()
    await say('one')
    const path = `/v1/webhooks/${webhookId}`
    await waitFor(async () => (await call<WebhookView>('GET', path)).paused === 'gone')
    receiver.answer = () => ({ status: 200 })
    await say('two')
    await waitFor(async () => (await deliveries(webhookId)).length === 2)
    expect(receiver.received).toHaveLength(1)
    await call('PATCH', path, { paused: false })
    await waitFor(() => receiver.taken().length === 1)
    const [dead] = await deliveries(webhookId, '?state=dead')
    await call('POST', `${path}/replay`, { eventId: dead?.eventId })
    await waitFor(() => receiver.taken().length === 2)
    expect(server.logged()).toContain('a webhook was paused')
  })

  test.each([429, 503])('that says %i with Retry-After is held for so long', async (status) => {
    const receiver = await receive()
    receiver.answer = (nth) =>
      nth === 0 ? { status, headers: { 'retry-after': '1800' } } : { status: 200 }
    const { webhookId } = await createWebhook(server, receiver.url, { types: ['message.created'] })
    const { say } = await talk()
    await say('one')
    const path = `/v1/webhooks/${webhookId}`
    const held = await waitFor(async () => (await call<WebhookView>('GET', path)).heldUntil)
    const [waiting] = await deliveries(webhookId)
    expect(waiting).toMatchObject({ state: 'waiting', nextAttemptAt: held, attempts: 1 })
    await say('two')
    await waitFor(async () => (await deliveries(webhookId)).length === 2)
    expect(receiver.received).toHaveLength(1)
    await letTimePass(webhookId, 1)
    await waitFor(() => receiver.taken().length === 2)
  })

  test('a slow one keeps nobody else waiting', async () => {
    const [slow, quick] = [await receive(), await receive()]
    const release = Promise.withResolvers<{ readonly status: number }>()
    slow.answer = () => release.promise
    await createWebhook(server, slow.url, { types: ['message.created'] })
    await createWebhook(server, quick.url, { types: ['message.created'] })
    const { say } = await talk()
    for (let nth = 1; nth <= 60; nth += 1) await say(`message ${nth}`)
    await waitFor(() => quick.taken().length === 60)
    expect(slow.received).toHaveLength(0)
    release.resolve({ status: 200 })
    await waitFor(() => slow.taken().length === 60)
    expect(new Set(slow.taken().map(({ id }) => id)).size).toBe(60)
  })

  test('a redirect is not followed', async () => {
    const [there, elsewhere] = [await receive(), await receive()]
    there.answer = () => ({ status: 307, headers: { location: elsewhere.url } })
    const { webhookId } = await createWebhook(server, there.url)
    await call('POST', `/v1/webhooks/${webhookId}/test`)
    await waitFor(async () => (await deliveries(webhookId))[0]?.attempts === 1)
    expect((await deliveries(webhookId))[0]?.lastFault).toBe(
      'answered 307: redirects are not followed',
    )
    expect(elsewhere.received).toEqual([])
  })
})

describe('a webhook', () => {
  test('shows its secret once, and nowhere else', async () => {
    const receiver = await receive()
    const { webhookId, secret } = await createWebhook(server, receiver.url)
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/u)
    await call('POST', `/v1/webhooks/${webhookId}/test`)
    await waitFor(() => receiver.taken().length === 1)
    const shown = JSON.stringify([
      await call('GET', '/v1/webhooks'),
      await call('GET', `/v1/webhooks/${webhookId}`),
      await call('PATCH', `/v1/webhooks/${webhookId}`, { description: 'the shop' }),
      await deliveries(webhookId),
    ])
    expect(shown).toContain('the shop')
    expect(shown).not.toContain('whsec_')
    expect(server.logged()).not.toContain(secret)
  })

  test('that is asked for twice with one key is one', async () => {
    const receiver = await receive()
    const key = { commandId: randomUUID() }
    const [first, again] = await Promise.all([
      createWebhook(server, receiver.url, key),
      createWebhook(server, receiver.url, key),
    ])
    expect(again).toEqual(first)
    const other = call('POST', '/v1/webhooks', { url: `${receiver.url}/other`, ...key })
    expect(await other).toMatchObject({ code: 'idempotency_mismatch' })
    expect((await call<{ items: [] }>('GET', '/v1/webhooks')).items).toHaveLength(1)
  })

  test('is signed by two secrets while one takes over from the other', async () => {
    const receiver = await receive()
    const { webhookId, secret: old } = await createWebhook(server, receiver.url)
    const path = `/v1/webhooks/${webhookId}`
    const { secret: fresh } = await call<{ secret: string }>('POST', `${path}/rotate-secret`, {})
    await call('POST', `${path}/test`)
    await waitFor(() => receiver.taken().length === 1)
    const [both] = receiver.taken()
    expect(String(both?.headers['webhook-signature']).split(' ')).toHaveLength(2)
    expect([old, fresh].map((secret) => both && isSignedBy(secret, both))).toEqual([true, true])
    const view = await call<WebhookView>('GET', path)
    expect(view.oldSecretUntil).toBeGreaterThan(Date.now() + 23 * 3_600_000)
    const ended = await call<{ secret: string }>('POST', `${path}/rotate-secret`, {
      overlapHours: 0,
    })
    await call('POST', `${path}/test`)
    await waitFor(() => receiver.taken().length === 2)
    const newest = receiver.taken()[1]
    expect(
      [old, fresh, ended.secret].map((secret) => newest && isSignedBy(secret, newest)),
    ).toEqual([false, false, true])
  })

  test('has so many beside it, and so many secrets, and no more', async () => {
    const receiver = await receive()
    const made = Array.from({ length: webhooksMax }, () => createWebhook(server, receiver.url))
    const [first] = await Promise.all(made)
    expect(await call('POST', '/v1/webhooks', { url: receiver.url })).toMatchObject({
      outcome: 'refused',
      code: 'webhook_limit',
      max: webhooksMax,
    })
    const rotate = () => call('POST', `/v1/webhooks/${first?.webhookId}/rotate-secret`, {})
    for (let nth = 1; nth < secretsPerWebhookMax; nth += 1) {
      expect(await rotate()).toMatchObject({ outcome: 'accepted' })
    }
    expect(await rotate()).toMatchObject({ code: 'secret_limit', max: secretsPerWebhookMax })
  })

  test.each([
    ['http://10.0.0.1/hook', '10.0.0.1 is not a public address'],
    ['https://169.254.169.254/latest/meta-data', '169.254.169.254 is not a public address'],
    ['https://0x0a000001/', '10.0.0.1 is not a public address'],
    ['https://167772161/', '10.0.0.1 is not a public address'],
    ['https://[::1]/', '::1 is not a public address'],
    ['https://shop:secret@example.com/', 'expected no user and no password in it'],
    ['ftp://example.com/', 'expected https'],
    ['https://example.com:25/', 'port 25 is no port of a web server'],
    ['not an address', 'expected an absolute URL'],
  ])('may not lead to %s', async (url, reason) => {
    const asked = call('POST', '/v1/webhooks', { url })
    await expect(asked).rejects.toMatchObject({ status: 400, code: 'webhook_url_refused' })
    await expect(asked).rejects.toBeInstanceOf(HttpError)
    const answer = await fetch(`${server.url}/v1/webhooks`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await server.token('shop', { roles: ['service'] })}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ url }),
    })
    expect(await answer.json()).toMatchObject({ field: 'url', reason })
  })

  test('is none of anybody’s business but the service’s, and is gone when deleted', async () => {
    const receiver = await receive()
    const { webhookId } = await createWebhook(server, receiver.url)
    const path = `/v1/webhooks/${webhookId}`
    const admin = await server.as('root', 'admin')
    await expect(admin.call('GET', path)).rejects.toMatchObject({ status: 403 })
    await call('DELETE', path)
    await expect(call('GET', path)).rejects.toMatchObject({ status: 404 })
    await expect(call('DELETE', path)).rejects.toMatchObject({ status: 404 })
    await expect(call('GET', `${path}/deliveries`)).rejects.toMatchObject({ status: 404 })
    const { rows } = await database.query(
      'SELECT service_id, action, detail FROM webhook_log WHERE webhook_id = $1 ORDER BY entry_id',
      [webhookId],
    )
    // A command that was not answered soon is asked again, and noted again.
    expect(new Set(rows.map(({ action }) => action as string))).toEqual(
      new Set(['create_webhook', 'delete_webhook']),
    )
    expect(rows[0]).toMatchObject({ service_id: 'shop', detail: { url: receiver.url } })
  })
})
