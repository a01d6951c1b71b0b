// What webhooks are told, from the commit to what is due, on a real database.
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLogger } from '../../platform/log.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import { bidsPerEventMax } from '../../protocol/webhook-payloads.ts'
import type { WebhookType } from '../../protocol/webhooks.ts'
import { derive } from '../core/derive.ts'
import type { Verdict } from '../core/webhooks/verdict.ts'
import {
  deadKeptMs,
  deliveredKeptMs,
  deliveryLeaseMs,
  failingPauseMs,
  gatherBidsMs,
  inFlightPerWebhookMax,
  pausedWaitMs,
} from '../limits.ts'
import type { Attempted, DueDelivery } from '../ports/webhook-queue.ts'
import { sent } from '../testing/chat-words.ts'
import { ConversationLog } from '../testing/conversation-log.ts'
import { waiting } from '../testing/feed-table.ts'
import { LotLog, standInForEngine } from '../testing/lot-log.ts'
import { bidEntry } from '../testing/lot-words.ts'
import { createPostgresFeedJournal } from './postgres-feed-journal.ts'
import { createPostgresWebhookQueue } from './postgres-webhook-queue.ts'
import { createPostgresWebhookRegister } from './postgres-webhook-register.ts'

const log = createLogger({ name: 'test', level: 'silent' })
/** After everything that the logs of these tests hold. */
const laterMs = 1_000_000
const nobody: ReadonlyMap<string, number> = new Map()

let database: ThrowawayDatabase
let pool: Pool
beforeEach(async () => {
  database = await throwawayDatabase()
  pool = createPool(database.url, { log, applicationName: 'test', max: 12 })
  await standInForEngine(pool)
})
afterEach(async () => {
  await pool.end()
  await database.drop()
})

const queue = () => createPostgresWebhookQueue(pool)
const journal = () =>
  createPostgresFeedJournal(pool, {
    commitsPerPassMax: 8,
    eventsPerPassMax: { lot: 2_000, conversation: 2_000 },
  })

async function webhook(types: readonly WebhookType[] | null = null): Promise<string> {
  const webhookId = randomUUID()
  const secret = { secretId: randomUUID(), secret: `whsec_${webhookId}` }
  const { type } = await createPostgresWebhookRegister(pool).add(
    { webhookId, url: 'https://shop.example/', types, description: null, createdBy: 'shop' },
    secret,
    1_000,
  )
  expect(type).toBe('added')
  return webhookId
}

const bid = (seq: number) => bidEntry(seq, { alias: 'Bidder 1', leader: 'Bidder 1' })

async function tellAll(): Promise<void> {
  while ((await waiting(pool)) > 0) await journal().tell(derive)
}

/** The seqs of the bids that an event tells. */
function bidsOf({ commit }: DueDelivery): number[] {
  if (commit?.source !== 'lot') throw new Error('these are bids')
  return commit.entries.map(({ seq }) => seq)
}

const after = (due: DueDelivery, verdict: Verdict): Attempted => ({ ...due, verdict })
const failedAt = (dueAtMs: number): Verdict => ({ type: 'again', dueAtMs, fault: 'answered 500' })
const delivered: Verdict = { type: 'delivered', status: 200 }

/** One delivery is taken and comes to this. */
async function attempt(nowMs: number, verdict: Verdict) {
  const [due] = await queue().take(nowMs, nobody)
  return await queue().settle([after(due as DueDelivery, verdict)], nowMs)
}

async function states(): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ state: string; count: number }>(
    'SELECT state, count(*) FROM webhook_deliveries GROUP BY state',
  )
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
}

async function messages(count: number): Promise<void> {
  const talk = await new ConversationLog(pool).open()
  for (let seq = 1; seq <= count; seq += 1) await talk.commit([sent(seq)])
  await tellAll()
}

describe('bids', () => {
  test('of several passes are one event, which is due when they were gathered', async () => {
    await webhook()
    const lot = new LotLog(pool)
    for (let seq = 1; seq <= 5; seq += 1) {
      await lot.commit([bid(seq)])
      await tellAll()
    }
    const firstAtMs = bid(1).atMs
    expect(await queue().take(firstAtMs + gatherBidsMs - 1, nobody)).toEqual([])
    const due = await queue().take(firstAtMs + gatherBidsMs, nobody)
    expect(due.map(bidsOf)).toEqual([[1, 2, 3, 4, 5]])
    expect(due[0]).toMatchObject({ type: 'bid.accepted', failures: 0, atMs: bid(5).atMs })
    await lot.commit([bid(6)])
    await tellAll()
    const next = await queue().take(firstAtMs + 2 * gatherBidsMs, nobody)
    expect(next.map(bidsOf)).toEqual([[6]])
  })

  test('that are more than an event may hold are several, each as full as it gets', async () => {
    await webhook()
    const lot = new LotLog(pool)
    const total = 2 * bidsPerEventMax + 40
    const seqs = Array.from({ length: total }, (_, at) => at + 1)
    for (let at = 0; at < total; at += 100) await lot.commit(seqs.slice(at, at + 100).map(bid))
    await tellAll()
    const events = (await queue().take(laterMs, nobody)).map(bidsOf)
    expect(events.flat().toSorted((one, other) => one - other)).toEqual(seqs)
    expect(events.every(({ length }) => length <= bidsPerEventMax)).toBe(true)
    expect(events).toHaveLength(3)
  })

  test('are each told once, in order, while notifiers tell and seal beside each other', async () => {
    await webhook()
    const lots = [new LotLog(pool), new LotLog(pool)]
    const told: DueDelivery[] = []
    const over = new AbortController()
    const sealing = (async () => {
      while (!over.signal.aborted) told.push(...(await queue().take(laterMs, nobody)))
    })()
    const telling = Array.from({ length: 3 }, async () => {
      while (!over.signal.aborted || (await waiting(pool)) > 0) await journal().tell(derive)
    })
    for (let seq = 1; seq <= 60; seq += 2) {
      await Promise.all(lots.map((lot) => lot.commit([bid(seq), bid(seq + 1)])))
    }
    over.abort()
    await Promise.all([sealing, ...telling])
    told.push(...(await queue().take(laterMs, nobody)))
    for (const { lotId } of lots) {
      const ofLot = told.filter(({ commit }) => commit?.aggregateId === lotId)
      const seqs = ofLot.flatMap(bidsOf)
      expect(seqs.toSorted((one, other) => one - other)).toEqual(
        Array.from({ length: 60 }, (_, at) => at + 1),
      )
    }
  })
})

describe('an event', () => {
  test('waits for those webhooks that want its type, under one id', async () => {
    const [all, some] = [await webhook(), await webhook(['message.created', 'lot.sold'])]
    await webhook(['lot.sold'])
    await messages(1)
    const due = await queue().take(laterMs, nobody)
    expect(due.map(({ webhookId }) => webhookId).toSorted()).toEqual([all, some].toSorted())
    expect(new Set(due.map(({ eventId }) => eventId)).size).toBe(1)
    expect(due[0]?.secrets).toEqual([`whsec_${due[0]?.webhookId}`])
  })

  test('leaves nothing behind where no webhook wants it', async () => {
    await webhook(['lot.sold'])
    await messages(3)
    const { rowCount } = await pool.query('SELECT FROM webhook_events')
    expect(rowCount).toBe(0)
  })

  test('of a room is told where somebody wants messages', async () => {
    await webhook(['message.created'])
    const talk = await new ConversationLog(pool, { kind: 'room' }).open()
    await talk.commit([sent(1)])
    await tellAll()
    expect(await queue().take(laterMs, nobody)).toHaveLength(1)
  })
})

describe('a delivery', () => {
  test('is one notifier’s for a while, and anybody’s again where that one died', async () => {
    await webhook()
    await messages(1)
    const [first] = await queue().take(laterMs, nobody)
    expect(await queue().take(laterMs + deliveryLeaseMs - 1, nobody)).toEqual([])
    const [second] = await queue().take(laterMs + deliveryLeaseMs, nobody)
    expect(second?.eventId).toBe(first?.eventId)
    expect(second?.failures).toBe(0)
    // The first was only slow. That it failed counts no more; that it arrived does.
    const [one, other] = [first, second] as [DueDelivery, DueDelivery]
    await queue().settle([after(one, failedAt(laterMs * 2))], laterMs)
    await queue().settle([after(other, failedAt(laterMs * 3))], laterMs)
    expect(await states()).toEqual({ waiting: 1 })
    const [third] = await queue().take(laterMs * 3, nobody)
    expect(third?.failures).toBe(1)
    await queue().settle([after(one, delivered)], laterMs)
    expect(await states()).toEqual({ delivered: 1 })
  })

  test('is taken by one of many who ask at once', async () => {
    await webhook()
    await messages(20)
    const taken = await Promise.all(Array.from({ length: 8 }, () => queue().take(laterMs, nobody)))
    const ids = taken.flat().map(({ eventId }) => eventId)
    expect(ids).toHaveLength(20)
    expect(new Set(ids).size).toBe(20)
  })

  test('waits where its webhook has no room, and no other waits for it', async () => {
    const [busy, idle] = [await webhook(), await webhook()]
    await messages(inFlightPerWebhookMax + 4)
    const due = await queue().take(laterMs, new Map([[busy, inFlightPerWebhookMax - 2]]))
    const of = (id: string) => due.filter(({ webhookId }) => webhookId === id).length
    expect([of(busy), of(idle)]).toEqual([2, inFlightPerWebhookMax])
  })

  test('that can not be put into words any more is dead, and its webhook is none the worse', async () => {
    await webhook()
    await messages(1)
    await pool.query('DELETE FROM messages')
    const [due] = await queue().take(laterMs, nobody)
    expect(due?.commit).toMatchObject({ entries: [{ seq: 1 }] })
    const untold: Verdict = { type: 'dead', gone: false, untold: true, fault: 'not kept' }
    expect(await queue().settle([after(due as DueDelivery, untold)], laterMs)).toEqual([])
    expect(await states()).toEqual({ dead: 1 })
    const { rows } = await pool.query('SELECT failing_since_ms FROM webhooks')
    expect(rows).toEqual([{ failing_since_ms: null }])
  })
})

describe('a webhook', () => {
  test('that took nothing for three days is paused, and not a moment sooner', async () => {
    const webhookId = await webhook()
    await messages(1)
    expect(await attempt(laterMs, failedAt(0))).toEqual([])
    expect(await attempt(laterMs + failingPauseMs - 1, failedAt(0))).toEqual([])
    expect(await attempt(laterMs + failingPauseMs, failedAt(0))).toEqual([
      { webhookId, reason: 'failing' },
    ])
    expect(await queue().take(laterMs * 1_000, nobody)).toEqual([])
  })

  test('that takes something in between begins anew', async () => {
    await webhook()
    await messages(2)
    const [one, two] = (await queue().take(laterMs, nobody)) as [DueDelivery, DueDelivery]
    await queue().settle([after(one, failedAt(0))], laterMs)
    await queue().settle([after(two, delivered)], laterMs + 1)
    expect(await attempt(laterMs + failingPauseMs, failedAt(0))).toEqual([])
  })

  test('that is paused has what is due wait, for three days', async () => {
    const webhookId = await webhook()
    const register = createPostgresWebhookRegister(pool)
    await register.change(webhookId, { paused: true })
    await messages(2)
    expect(await queue().take(laterMs, nobody)).toEqual([])
    await queue().tidy(laterMs)
    expect(await states()).toEqual({ waiting: 2 })
    await queue().tidy(laterMs + pausedWaitMs)
    expect(await states()).toEqual({ dead: 2 })
    await register.change(webhookId, { paused: false })
    const replayed = await register.replayDead(webhookId, 0, laterMs)
    expect(replayed).toEqual({ requeued: 2, left: false })
    expect(await queue().take(laterMs, nobody)).toHaveLength(2)
  })

  test('tells how late it is, unless it is paused', async () => {
    const webhookId = await webhook()
    expect(await queue().lagMs(laterMs)).toBe(0)
    await messages(1)
    expect(await queue().lagMs(sent(1).atMs + 700)).toBe(700)
    await createPostgresWebhookRegister(pool).change(webhookId, { paused: true })
    expect(await queue().lagMs(laterMs)).toBe(0)
  })
})

test('what waited for a webhook that was deleted goes nowhere, and is forgotten after a day', async () => {
  const [deleted] = [await webhook(), await webhook()]
  await messages(1)
  expect(await createPostgresWebhookRegister(pool).remove(deleted ?? '')).toBe(true)
  const due = await queue().take(laterMs, nobody)
  expect(due).toHaveLength(1)
  await queue().settle([after(due[0] as DueDelivery, delivered)], laterMs)
  await queue().tidy(laterMs + deliveredKeptMs)
  expect(await states()).toEqual({})
})

test('what was delivered is forgotten after a day, what died after two weeks, what waits never', async () => {
  await webhook()
  await messages(3)
  const [one, two] = (await queue().take(laterMs, nobody)) as [DueDelivery, DueDelivery]
  const dead: Verdict = { type: 'dead', gone: false, untold: false, fault: 'answered 500' }
  await queue().settle([after(one, delivered), after(two, dead)], laterMs)
  await queue().tidy(deliveredKeptMs)
  expect(await states()).toEqual({ delivered: 1, dead: 1, waiting: 1 })
  await queue().tidy(laterMs + deliveredKeptMs)
  expect(await states()).toEqual({ dead: 1, waiting: 1 })
  await queue().tidy(laterMs + deadKeptMs)
  expect(await states()).toEqual({ waiting: 1 })
  expect((await pool.query('SELECT FROM webhook_events')).rowCount).toBe(1)
})
