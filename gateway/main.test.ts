// The whole gateway on a real database and an in-process bus; the test is the engine.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Bus } from '../platform/bus/bus.ts'
import { createInProcessBus } from '../platform/bus/in-process-bus.ts'
import { createMemoryConnectionCounts } from '../platform/connections/memory-connection-counts.ts'
import { createMemoryCutoffs } from '../platform/cutoffs/memory-cutoffs.ts'
import { createMemoryLimits } from '../platform/limits/memory-limits.ts'
import { createLogger } from '../platform/log.ts'
import { createMetrics } from '../platform/metrics.ts'
import type { ObjectStore } from '../platform/objects/object-store.ts'
import { createPool, type Pool } from '../platform/postgres/pool.ts'
import { createMemoryPresence } from '../platform/presence/memory-presence.ts'
import { systemClock as clock } from '../platform/system-clock.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../platform/testing/throwaway-database.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { ConversationCommand } from '../protocol/chat-store.ts'
import type { EngineCommand, EngineReply } from '../protocol/engine.ts'
import {
  chatCommandsSubject,
  feedCommandsSubject,
  lotCommandsSubject,
  shardOf,
} from '../protocol/subjects.ts'
import { readGatewayConfig } from './config.ts'
import { WireClient } from './edge/testing/wire-client.ts'
import { createGateway, type Gateway, revocationsKept } from './main.ts'
import { chatAcceptance, clientMessageId, conversationId } from './testing/conversations.ts'
import { acceptance, bidId, draftId, lotId, lotView } from './testing/lots.ts'
import { storeConversation, storeMessage } from './testing/stored-conversations.ts'
import { standInForEngine, storeLot } from './testing/stored-lots.ts'

const nothingAttached = async () => await Promise.reject(new Error('nothing is attached here'))
const noObjects: ObjectStore = {
  signUpload: nothingAttached,
  signDownload: nothingAttached,
  inspect: nothingAttached,
  move: nothingAttached,
  remove: nothingAttached,
}

let database: ThrowawayDatabase
let pool: Pool
let bus: Bus
let gateway: Gateway
let url = ''
/** What the engine answers with. */
let engine: (command: EngineCommand) => Promise<EngineReply>
const env = { JWT_SECRET: 'a secret of the tests, long enough', DEV_TOKENS: 'on', PORT: '0' }

beforeAll(async () => {
  database = await throwawayDatabase()
  const log = createLogger({ name: 'test', level: 'silent' })
  pool = createPool(database.url, { log, applicationName: 'gateway test' })
  await standInForEngine(pool)
  await storeLot(pool, lotView(), { before: 2 })
  await storeLot(pool, lotView({ lotId: draftId, state: 'draft' }))
  await storeConversation(pool, { conversationId, buyerId: 'ann', sellerId: 'sel' })
  await storeMessage(pool, { conversationId, seq: 1, senderId: 'sel' })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

/** @param log default: nothing is logged */
function makeGateway(on: Pool, log = createLogger({ name: 'test', level: 'silent' })): Gateway {
  const config = readGatewayConfig(env, 'cluster')
  return createGateway({
    config,
    nodeName: 'gateway-1',
    version: '0.0.0',
    bus,
    pool: on,
    limits: createMemoryLimits(config.rates),
    presence: createMemoryPresence(),
    connectionCounts: createMemoryConnectionCounts(),
    cutoffs: createMemoryCutoffs(revocationsKept),
    objects: noObjects,
    clock,
    log,
    metrics: createMetrics({ role: 'test', ofProcess: false }),
  })
}

beforeEach(async () => {
  bus = createInProcessBus({ copy: true })
  engine = async (command) => acceptance(command)
  await bus.serve(lotCommandsSubject(shardOf(lotId)), (command) => engine(command as EngineCommand))
  gateway = makeGateway(pool)
  await gateway.start()
  url = `http://127.0.0.1:${gateway.port}`
})
afterEach(async () => {
  await gateway.drain(AbortSignal.timeout(5_000))
  await gateway.stop()
})

async function post(path: string, body: unknown, token?: string): Promise<Response> {
  return await fetch(url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
}

async function tokenFor(user: string, ...roles: string[]): Promise<string> {
  const { token } = (await (await post('/v1/dev/token', { user, roles })).json()) as {
    token: string
  }
  return token
}

const bid = { lotId, clientBidId: bidId, amount: 5_000, currency: 'USD' }

test('one port speaks WebSocket and HTTP, and both answer the same', async () => {
  const token = await tokenFor('ann')
  const client = new WireClient(gateway.port)
  const connected = await client.connect(token)
  expect(connected).toMatchObject({ connect: { node: 'gateway-1', data: { roles: [] } } })
  const lot = await client.ask({ rpc: { method: 'lot.get', data: { lotId } } })
  expect(lot).toMatchObject({ rpc: { data: { lotId, seq: 2 } } })
  const placed = await client.ask({ rpc: { method: 'bid.place', data: bid } })
  const overHttp = await (await post(`/v1/lots/${lotId}/bids`, bid, token)).json()
  expect(placed).toHaveProperty('rpc.data', overHttp)
  client.socket.terminate()
})

test('the position of history is that of a subscription', async () => {
  const client = new WireClient(gateway.port)
  await client.connect()
  const subscribed = await client.ask({ subscribe: { channel: `lot:${lotId}` } })
  const history = await client.ask({ history: { channel: `lot:${lotId}`, limit: 10 } })
  expect(history).toMatchObject({ history: { offset: 2, publications: [{ offset: 1 }, {}] } })
  expect('subscribe' in subscribed && subscribed.subscribe.epoch).toBe(
    'history' in history && history.history.epoch,
  )
  const draft = await client.ask({ subscribe: { channel: `lot:${draftId}` } })
  expect(draft).toMatchObject({ error: { code: 102 } })
  client.socket.terminate()
})

test('a revocation closes the user’s sockets with 3503 and keeps the token out from then on', async () => {
  const ann = await tokenFor('ann')
  const bob = await tokenFor('bob')
  const [hers, his] = [new WireClient(gateway.port), new WireClient(gateway.port)]
  await hers.connect(ann)
  await his.connect(bob)
  const service = await tokenFor('svc', 'service')
  await bus.serve(feedCommandsSubject, async () => ({
    outcome: 'accepted',
    serverTime: clock.nowMs(),
  }))
  expect((await post('/v1/users/ann/revoke', {}, service)).status).toBe(200)
  expect(await hers.closing()).toBe(3503)
  const again = new WireClient(gateway.port)
  await again.opened()
  again.send({ id: 1, connect: { token: ann } })
  expect(await again.closing()).toBe(3503)
  expect((await post(`/v1/lots/${lotId}/bids`, bid, ann)).status).toBe(401)
  expect(await his.ask({ rpc: { method: 'time.sync' } })).toHaveProperty('rpc.data.serverTime')
  his.socket.terminate()
})

test('a conversation is read from the database, and what is said in it goes to a chat store', async () => {
  const heard: ConversationCommand[] = []
  await bus.serve(chatCommandsSubject, async (command) => {
    heard.push(command as ConversationCommand)
    return chatAcceptance(command as ConversationCommand)
  })
  const token = await tokenFor('ann')
  const client = new WireClient(gateway.port)
  await client.connect(token)
  const inbox = await client.ask({ rpc: { method: 'chat.list', data: {} } })
  const item = { conversationId, unread: 1, lastMessage: { seq: 1 } }
  expect(inbox).toMatchObject({ rpc: { data: { items: [item] } } })
  const subscribed = await client.ask({ subscribe: { channel: `chat:${conversationId}` } })
  expect(subscribed).toMatchObject({
    subscribe: { offset: 1, data: { conversation: { lastSeq: 1 }, messages: [{ seq: 1 }] } },
  })
  const said = { clientMessageId, text: 'hello' }
  const path = `/v1/conversations/${conversationId}/messages`
  expect(await (await post(path, said, token)).json()).toMatchObject({ outcome: 'accepted' })
  expect(heard).toMatchObject([{ type: 'send_message', actor: { userId: 'ann' } }])
  expect((await post(path, said, await tokenFor('zoe'))).status).toBe(404)
  client.socket.terminate()
})

test('a drain turns new work away and waits for the answers it owes', async () => {
  const token = await tokenFor('ann')
  const undecided: (() => void)[] = []
  engine = async (command) => {
    await new Promise<void>((resolve) => undecided.push(resolve))
    return acceptance(command)
  }
  const answer = post(`/v1/lots/${lotId}/bids`, bid, token)
  await waitFor(() => undecided.length === 1)
  expect((await fetch(`${url}/readyz`)).status).toBe(200)

  let drained = false
  const drain = async () => {
    await gateway.drain(AbortSignal.timeout(5_000))
    drained = true
  }
  const draining = drain()
  await waitFor(async () => (await fetch(`${url}/readyz`)).status === 503)
  expect(drained).toBe(false)
  undecided[0]?.()
  expect(await (await answer).json()).toMatchObject({ outcome: 'accepted' })
  await draining
})

/** The pool of the tests, behind a server that is away until it is told to come back. */
function poolOfAway() {
  let isAway = true
  const asked: string[] = []
  const query = async (statement: string) => {
    asked.push(statement)
    if (isAway) throw new Error('Connection terminated unexpectedly')
    return await pool.query(statement)
  }
  const away: Pool = Object.create(pool, { query: { value: query } })
  return { away, asked, comesBack: () => (isAway = false) }
}

describe('a database that goes before the gateway has begun', () => {
  test('is waited for, and that is said once', async () => {
    const { away, asked, comesBack } = poolOfAway()
    const lines: string[] = []
    const destination = { write: (line: string) => void lines.push(line) }
    const late = makeGateway(away, createLogger({ name: 'test', level: 'warn', destination }))
    const start = late.start()
    await waitFor(() => asked.length >= 2)
    comesBack()
    await start
    expect((await fetch(`http://127.0.0.1:${late.port}/healthz`)).status).toBe(200)
    await late.drain(AbortSignal.timeout(5_000))
    expect(lines.filter((line) => line.includes('The store does not answer'))).toHaveLength(1)
  })

  test('keeps it from ending no longer than anything else', async () => {
    const { away, asked } = poolOfAway()
    const late = makeGateway(away)
    const ended = expect(late.start()).rejects.toThrow('told to stop before it was ready')
    await waitFor(() => asked.length > 0)
    late.giveUp?.()
    await ended
    await late.stop()
  })
})
