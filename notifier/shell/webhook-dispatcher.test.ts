// Dispatchers beside each other on one queue, and what becomes of attempts when they end.
import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { uuidv7 } from '../../platform/ids.ts'
import type { Part } from '../../platform/lifecycle.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics, type Registry } from '../../platform/metrics.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'
import { systemClock } from '../../platform/system-clock.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { createPostgresWebhookQueue } from '../adapters/postgres-webhook-queue.ts'
import { createPostgresWebhookRegister } from '../adapters/postgres-webhook-register.ts'
import type { Receipt } from '../core/webhooks/verdict.ts'
import { inFlightPerWebhookMax } from '../limits.ts'
import type { WebhookRequest } from '../ports/webhook-sender.ts'
import { createWebhookMetrics } from './webhook-dispatcher.metrics.ts'
import { createWebhookDispatcher } from './webhook-dispatcher.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const taken: Receipt = { type: 'answered', status: 200 }

let database: ThrowawayDatabase
let pool: Pool
let lines: string
let running: Part[]
let metrics: Registry
const sentRequests: WebhookRequest[] = []
let answer: (request: WebhookRequest, signal: AbortSignal) => Promise<Receipt>

beforeEach(async () => {
  database = await throwawayDatabase()
  lines = ''
  running = []
  sentRequests.length = 0
  answer = async () => taken
  pool = createPool(database.url, { log: logger(), applicationName: 'dispatcher' })
})
afterEach(async () => {
  await Promise.all(running.map((part) => part.drain(AbortSignal.timeout(20_000))))
  await pool.end()
  await database.drop()
})

const logger = () =>
  createLogger({
    name: 'test',
    level: 'trace',
    destination: {
      write(line) {
        lines += line
      },
    },
  })

async function dispatcher(): Promise<Part> {
  metrics = createMetrics({ role: 'test', ofProcess: false })
  const part = createWebhookDispatcher({
    queue: createPostgresWebhookQueue(pool),
    sender: {
      post: async (request, signal) => {
        sentRequests.push(request)
        return await answer(request, signal)
      },
    },
    clock: systemClock,
    log: logger(),
    metrics: createWebhookMetrics(metrics),
    random: () => 0,
  })
  running.push(part)
  await part.start()
  return part
}

async function webhook(): Promise<string> {
  const webhookId = randomUUID()
  await createPostgresWebhookRegister(pool).add(
    {
      webhookId,
      url: `https://${webhookId}.example/`,
      types: null,
      description: null,
      createdBy: 'shop',
    },
    { secretId: randomUUID(), secret },
    1_000,
  )
  return webhookId
}

/** So many events wait for the webhook. */
async function events(webhookId: string, count: number): Promise<void> {
  const register = createPostgresWebhookRegister(pool)
  for (let nth = 0; nth < count; nth += 1) await register.test(webhookId, uuidv7(), 1_000)
}

async function states(): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ state: string; count: number }>(
    'SELECT state, count(*) FROM webhook_deliveries GROUP BY state',
  )
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
}

const ids = () => sentRequests.map(({ headers }) => headers['webhook-id'])

describe('dispatchers', () => {
  test('beside each other send each event once', async () => {
    const webhookId = await webhook()
    await events(webhookId, 150)
    await Promise.all([dispatcher(), dispatcher(), dispatcher()])
    await waitFor(async () => (await states())['delivered'] === 150)
    expect(sentRequests).toHaveLength(150)
    expect(new Set(ids()).size).toBe(150)
  })

  test('sign what they send', async () => {
    await events(await webhook(), 1)
    await dispatcher()
    const [sent] = await waitFor(() => sentRequests.length === 1 && sentRequests)
    const { body = '', headers = {} } = sent ?? {}
    expect(new Webhook(secret).verify(body, { ...headers })).toMatchObject({ type: 'webhook.test' })
    expect(() => new Webhook(secret).verify(`${body} `, { ...headers })).toThrow()
    expect(lines).not.toContain(secret.slice('whsec_'.length))
  })

  test('send no more to one webhook at once than it has room for', async () => {
    await events(await webhook(), inFlightPerWebhookMax + 10)
    const release = Promise.withResolvers<Receipt>()
    answer = () => release.promise
    await dispatcher()
    await waitFor(() => sentRequests.length === inFlightPerWebhookMax)
    const other = await webhook()
    await events(other, 1)
    // The other one's turn comes while the first is full.
    await waitFor(() => sentRequests.some(({ url }) => url.includes(other)))
    expect(sentRequests).toHaveLength(inFlightPerWebhookMax + 1)
    release.resolve(taken)
    await waitFor(async () => (await states())['delivered'] === inFlightPerWebhookMax + 11)
    expect(new Set(ids()).size).toBe(sentRequests.length)
  })

  test('that drain wait for what is under way, and note it', async () => {
    await events(await webhook(), 3)
    const release = Promise.withResolvers<Receipt>()
    answer = () => release.promise
    const part = await dispatcher()
    await waitFor(() => sentRequests.length === 3)
    const draining = part.drain(AbortSignal.timeout(20_000))
    release.resolve(taken)
    await draining
    expect(await states()).toEqual({ delivered: 3 })
  })

  test('that are stopped break off what is under way, and it waits for another', async () => {
    await events(await webhook(), 2)
    answer = (_, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ type: 'failed', reason: 'broken off' }))
      })
    const part = await dispatcher()
    await waitFor(() => sentRequests.length === 2)
    await part.stop()
    const { rows } = await pool.query('SELECT state, attempts FROM webhook_deliveries')
    expect(rows).toEqual([
      { state: 'waiting', attempts: 0 },
      { state: 'waiting', attempts: 0 },
    ])
    answer = async () => taken
    // Its lease has ended.
    await pool.query('UPDATE webhook_deliveries SET due_at_ms = 0')
    await dispatcher()
    await waitFor(async () => (await states())['delivered'] === 2)
  })

  test('outlive connections that are cut', async () => {
    await events(await webhook(), 40)
    answer = async () => {
      await pool.query('SELECT pg_sleep(0.001)').catch(() => {})
      return taken
    }
    await dispatcher()
    await waitFor(() => sentRequests.length > 0)
    const own = createPool(database.url, { log: logger(), applicationName: 'test' })
    await own.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dispatcher'`,
    )
    await own.end()
    await waitFor(async () => (await states())['delivered'] === 40)
  })

  test('pause a webhook that is gone, and say so', async () => {
    const webhookId = await webhook()
    await events(webhookId, 1)
    answer = async () => ({ type: 'answered', status: 410 })
    await dispatcher()
    await waitFor(async () => (await states())['dead'] === 1)
    await waitFor(() => lines.includes('a webhook was paused'))
    const page = await metrics.metrics()
    expect(page).toMatch(/outcry_webhooks_paused_total\{reason="gone"[^}]*\} 1/u)
    expect(page).toMatch(/outcry_webhooks_attempts_total\{verdict="dead"[^}]*\} 1/u)
  })
})
