// Webhooks as their owner sees them, from the tables that the notifier writes.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { uuidv7 } from '../../platform/ids.ts'
import { createLogger } from '../../platform/log.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import { type DeliveryState, WebhookDelivery, WebhookView } from '../../protocol/webhooks.ts'
import { createPostgresWebhookBook } from './postgres-webhook-book.ts'

const log = createLogger({ name: 'test', level: 'silent' })
let database: ThrowawayDatabase
let pool: Pool
beforeAll(async () => {
  database = await throwawayDatabase()
  pool = createPool(database.url, { log, applicationName: 'test' })
})
beforeEach(async () => {
  await pool.query('DELETE FROM webhooks')
})
afterAll(async () => {
  await pool?.end()
  await database?.drop()
})

const book = () => createPostgresWebhookBook(pool)

async function webhook(createdAtMs = 1_000): Promise<string> {
  const webhookId = randomUUID()
  await pool.query(
    `INSERT INTO webhooks (webhook_id, url, created_by, created_at_ms)
     VALUES ($1, 'https://shop.example/', 'shop', $2)`,
    [webhookId, createdAtMs],
  )
  await pool.query(
    `INSERT INTO webhook_secrets (webhook_id, secret_id, secret, created_at_ms)
     VALUES ($1, $2, 'whsec_canary', 1000)`,
    [webhookId, randomUUID()],
  )
  return webhookId
}

async function delivery(webhookId: string, state: DeliveryState): Promise<string> {
  const eventId = uuidv7()
  await pool.query(
    `INSERT INTO webhook_events (event_id, type, source, aggregate_id, from_seq, to_seq, at_ms, bids,
                                 sealed, seal_at_ms)
     VALUES ($1, 'lot.sold', 'lot', $2, 9, 9, 2000, 0, true, 2000)`,
    [eventId, randomUUID()],
  )
  await pool.query(
    `INSERT INTO webhook_deliveries (event_id, webhook_id, state, due_at_ms, settled_at_ms)
     VALUES ($1, $2, $3, 3000, CASE WHEN $3 <> 'waiting' THEN 4000 END)`,
    [eventId, webhookId, state],
  )
  return eventId
}

describe('a webhook', () => {
  test('is shown as it stands, without its secret', async () => {
    const webhookId = await webhook()
    const plain = await book().webhook(webhookId)
    expect(plain).toEqual({ webhookId, url: 'https://shop.example/', createdAt: 1_000 })
    const farMs = Date.now() + 3_600_000
    await pool.query(
      `UPDATE webhooks SET types = '{lot.sold}', description = 'the shop', paused = 'failing',
                           failing_since_ms = 2000, held_until_ms = $1`,
      [farMs],
    )
    await pool.query('UPDATE webhook_secrets SET until_ms = $1', [farMs])
    const shown = await book().webhook(webhookId)
    expect(WebhookView.parse(shown)).toEqual({
      ...plain,
      types: ['lot.sold'],
      description: 'the shop',
      paused: 'failing',
      failingSince: 2_000,
      heldUntil: farMs,
      oldSecretUntil: farMs,
    })
    expect(JSON.stringify(shown)).not.toContain('canary')
  })

  test('shows nothing of times that have passed', async () => {
    const webhookId = await webhook()
    await pool.query('UPDATE webhooks SET held_until_ms = 5')
    await pool.query('UPDATE webhook_secrets SET until_ms = 5')
    expect(Object.keys((await book().webhook(webhookId)) ?? {}).toSorted()).toEqual([
      'createdAt',
      'url',
      'webhookId',
    ])
  })

  test('stands in the list by its age', async () => {
    const [younger, older] = [await webhook(2_000), await webhook(1_000)]
    expect((await book().webhooks()).map(({ webhookId }) => webhookId)).toEqual([older, younger])
    expect(await book().webhook(randomUUID())).toBeUndefined()
  })
})

describe('deliveries', () => {
  test('come newest first, page by page, in one state or in all', async () => {
    const webhookId = await webhook()
    const other = await webhook()
    const made: { readonly eventId: string; readonly state: DeliveryState }[] = []
    for (const state of ['waiting', 'delivered', 'dead', 'delivered', 'dead', 'waiting'] as const) {
      made.unshift({ eventId: await delivery(webhookId, state), state })
      await delivery(other, state)
    }
    const idsIn = async (state?: DeliveryState) => {
      const ids: string[] = []
      let before: string | undefined
      do {
        const page = await book().deliveries({ webhookId, state, before, limit: 2 })
        ids.push(...(page?.items ?? []).map((item) => WebhookDelivery.parse(item).eventId))
        before = page?.next
      } while (before !== undefined)
      return ids
    }
    expect(await idsIn()).toEqual(made.map(({ eventId }) => eventId))
    for (const wanted of ['waiting', 'delivered', 'dead'] as const) {
      const expected = made.flatMap(({ eventId, state }) => (state === wanted ? [eventId] : []))
      expect(await idsIn(wanted)).toEqual(expected)
    }
  })

  test('of a webhook without any are none, and of none there is no page', async () => {
    const webhookId = await webhook()
    expect(await book().deliveries({ webhookId, limit: 5 })).toEqual({ items: [] })
    expect(await book().deliveries({ webhookId: randomUUID(), limit: 5 })).toBeUndefined()
  })
})
