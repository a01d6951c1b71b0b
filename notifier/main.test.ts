// Whole notifiers on a real database.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bus } from '../platform/bus/bus.ts'
import { createInProcessBus } from '../platform/bus/in-process-bus.ts'
import { createMemoryConnectionCounts } from '../platform/connections/memory-connection-counts.ts'
import { type Running, runParts } from '../platform/lifecycle.ts'
import { createMemoryLimits } from '../platform/limits/memory-limits.ts'
import { createLogger, type Logger } from '../platform/log.ts'
import { createMetrics } from '../platform/metrics.ts'
import { createPool, type Pool } from '../platform/postgres/pool.ts'
import { systemClock } from '../platform/system-clock.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../platform/testing/throwaway-database.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { UserEvents } from '../protocol/notifications.ts'
import { deviceMarksSubject, feedCommandsSubject, outboxHintSubject } from '../protocol/subjects.ts'
import { createPostgresFeedJournal } from './adapters/postgres-feed-journal.ts'
import { derive } from './core/derive.ts'
import { createNotifier } from './main.ts'
import { phone, registered } from './testing/devices.ts'
import { waiting } from './testing/feed-table.ts'
import { LotLog, standInForEngine } from './testing/lot-log.ts'
import { bidEntry } from './testing/lot-words.ts'

const [ANN, BOB] = ['Bidder 1', 'Bidder 2'] as const

let database: ThrowawayDatabase
let pool: Pool
/** The notifiers' own, so that a test can cut their connections and keep its own. */
let notifierPool: Pool
let bus: Bus
let lines: string[]
let log: Logger
let running: Running[]
let heard: UserEvents[]

beforeEach(async () => {
  database = await throwawayDatabase()
  lines = []
  running = []
  heard = []
  log = createLogger({ name: 'test', destination: { write: (line) => lines.push(line) } })
  pool = createPool(database.url, { log, applicationName: 'test' })
  notifierPool = createPool(database.url, { log, applicationName: 'notifier' })
  await standInForEngine(pool)
  bus = createInProcessBus({ copy: true })
  await bus.listen('evt.user.*', (message) => heard.push(message as UserEvents))
})
afterEach(async () => {
  await Promise.all(running.map((each) => each.drainAndStop()))
  await Promise.all([pool.end(), notifierPool.end()])
  await database.drop()
})

async function startNotifier(): Promise<void> {
  const metrics = createMetrics({ role: 'test', ofProcess: false })
  const parts = createNotifier({
    pool: notifierPool,
    bus,
    connectionCounts: createMemoryConnectionCounts(),
    pushTarget: { type: 'none' },
    limits: createMemoryLimits({ pushes: 'off' }),
    clock: systemClock,
    log,
    metrics,
  })
  const one = runParts(parts, { log })
  running.push(one)
  await one.ready
}

/** Ann and bob displace each other, each bid a commit; an even seq outbids ann. */
async function duel(lot: LotLog, from: number, to: number): Promise<void> {
  for (let seq = from; seq <= to; seq += 1) {
    const isBobs = seq % 2 === 0
    const leader = isBobs ? BOB : ANN
    const outbid = isBobs ? 'ann' : 'bob'
    await lot.commit([bidEntry(seq, { alias: leader, leader, ...(seq === 1 ? {} : { outbid }) })])
    bus.publish(outboxHintSubject, {})
  }
}

const seqsHeard = (user: string) =>
  heard
    .filter(({ userId }) => userId === user)
    .flatMap(({ events }) => events.map(({ seq }) => seq))

async function causesKept(user: string): Promise<number[]> {
  const { rows } = await pool.query<{ source_seq: number }>(
    'SELECT source_seq FROM notifications WHERE user_id = $1 ORDER BY seq',
    [user],
  )
  return rows.map(({ source_seq }) => source_seq)
}

test('I15: what a notifier committed and died before announcing is told once and not announced twice', async () => {
  const lot = new LotLog(pool)
  await duel(lot, 1, 2)
  // The first notifier dies between its commit and the announcement.
  const dead = createPostgresFeedJournal(pool, {
    commitsPerPassMax: 10,
    eventsPerPassMax: { lot: 100, conversation: 100 },
  })
  await dead.tell(derive)
  await startNotifier()
  await duel(lot, 3, 4)
  await waitFor(() => seqsHeard('ann').length === 1)
  // The gateways see by the seq 2 that they missed seq 1, and read it from the feed.
  expect(seqsHeard('ann')).toEqual([2])
  expect(await causesKept('ann')).toEqual([2, 4])
})

test('I15: two notifiers beside each other announce every seq of every feed once', async () => {
  await startNotifier()
  await startNotifier()
  const lots = [new LotLog(pool), new LotLog(pool), new LotLog(pool)]
  await Promise.all(lots.map((lot) => duel(lot, 1, 20)))
  await waitFor(async () => (await waiting(pool)) === 0)
  for (const user of ['ann', 'bob']) {
    const kept = await causesKept(user)
    await waitFor(() => seqsHeard(user).length >= kept.length)
    expect(seqsHeard(user).toSorted((one, other) => one - other)).toEqual(
      kept.map((_, at) => at + 1),
    )
  }
  // Bob took the lead of each lot by the last bid on it.
  const { rows } = await pool.query(`
    SELECT DISTINCT ON (aggregate_id) source_seq AS cause FROM notifications
     WHERE user_id = 'ann' ORDER BY aggregate_id, seq DESC`)
  expect(rows).toEqual(lots.map(() => ({ cause: 20 })))
})

test('connections that are cut are made again, and nothing is missed or doubled', async () => {
  await startNotifier()
  const lot = new LotLog(pool)
  await duel(lot, 1, 4)
  await waitFor(async () => (await causesKept('ann')).at(-1) === 4)
  const { rowCount } = await pool.query(`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'notifier'`)
  expect(rowCount).toBeGreaterThan(0)
  await duel(lot, 5, 8)
  await waitFor(async () => (await causesKept('ann')).at(-1) === 8)
  const ann = await causesKept('ann')
  expect(ann).toEqual([2, 4, 6, 8].filter((seq) => ann.includes(seq)))
  const bob = await causesKept('bob')
  expect(bob).toEqual([3, 5, 7].filter((seq) => bob.includes(seq)))
})

test('what users settle is carried out by one of several notifiers, and goes on when one ends', async () => {
  await startNotifier()
  await startNotifier()
  const ask = async (user: string, deviceId: string) =>
    await bus.request(
      feedCommandsSubject,
      {
        type: 'register_device',
        device: phone(deviceId),
        actor: { userId: user, roles: [] },
        askedAtMs: systemClock.nowMs(),
      },
      10_000,
    )
  const users = Array.from({ length: 20 }, (_, nth) => `user-${nth}`)
  await Promise.all(users.map((user) => ask(user, `${user}-phone`)))
  await running.shift()?.drainAndStop()
  expect(await ask('ann', 'tablet')).toMatchObject({ outcome: 'accepted' })
  const told = { marks: [{ userId: 'ann', deviceId: 'tablet', seq: 7 }] }
  await bus.request(deviceMarksSubject, told, 10_000)
  expect(await registered(pool)).toHaveLength(users.length + 1)
  await waitFor(async () => {
    const { rows } = await pool.query<{ feed_delivered_seq: number }>(
      `SELECT feed_delivered_seq FROM devices WHERE user_id = 'ann'`,
    )
    return rows[0]?.feed_delivered_seq === 7
  })
})
