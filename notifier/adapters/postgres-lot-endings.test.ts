import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLogger } from '../../platform/log.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import { feeds } from '../testing/feed-table.ts'
import { LotLog, standInForEngine } from '../testing/lot-log.ts'
import { createPostgresLotEndings } from './postgres-lot-endings.ts'

const nowMs = 1_000_000
const soonMs = nowMs + 300_000

let database: ThrowawayDatabase
let pool: Pool

beforeEach(async () => {
  database = await throwawayDatabase()
  const log = createLogger({ name: 'test', level: 'silent' })
  pool = createPool(database.url, { log, applicationName: 'test' })
  await standInForEngine(pool)
})
afterEach(async () => {
  await pool.end()
  await database.drop()
})

/** An open lot that ends then, with a standing bid of each of them. */
async function lotEnding(endsAtMs: number, ...bidders: string[]): Promise<string> {
  const lot = new LotLog(pool)
  const { lotId } = lot
  const view = {
    lotId,
    title: 'Palm Vx',
    currency: 'USD',
    price: 5_000,
    minNext: 5_500,
    endsAt: endsAtMs,
  }
  await pool.query(
    `INSERT INTO lot_states (lot_id, seller_id, state, view) VALUES ($1, 'sam', 'open', $2)`,
    [lotId, view],
  )
  await pool.query('INSERT INTO open_lots (lot_id, ends_at_ms) VALUES ($1, $2)', [lotId, endsAtMs])
  for (const [at, bidder] of bidders.entries()) await lot.standing(bidder, at + 1, 987_654)
  return lotId
}

const tell = (lotsMax = 50) => createPostgresLotEndings(pool).tell(nowMs, soonMs, lotsMax)

test('the bidders of a lot that ends soon are told, whoever leads, and not who sells it', async () => {
  const lotId = await lotEnding(soonMs - 1, 'ann', 'bob')
  await lotEnding(soonMs + 1, 'carl')
  await lotEnding(nowMs - 1, 'carl')
  const { feeds: told, left } = await tell()
  expect(left).toBe(false)
  const event = {
    seq: 1,
    type: 'lot_ending',
    at: nowMs,
    lotId,
    title: 'Palm Vx',
    currency: 'USD',
    price: 5_000,
    minNext: 5_500,
    endsAt: soonMs - 1,
  }
  expect(told).toEqual([
    { userId: 'ann', events: [event] },
    { userId: 'bob', events: [event] },
  ])
  expect(JSON.stringify(told)).not.toContain('987654')
})

test('I15: each is told once, by however many notifiers, and again by no extension', async () => {
  await Promise.all(Array.from({ length: 10 }, () => lotEnding(soonMs, 'ann', 'bob')))
  const passes = await Promise.all(Array.from({ length: 4 }, () => tell()))
  const events = passes.flatMap(({ feeds: told }) => told.flatMap((feed) => feed.events))
  expect(events).toHaveLength(20)
  await pool.query('UPDATE open_lots SET ends_at_ms = ends_at_ms - 1000')
  expect(await tell()).toEqual({ feeds: [], left: false })
  expect((await feeds(pool))['ann']).toHaveLength(10)
})

test('many lots are told a part at a time', async () => {
  await Promise.all(Array.from({ length: 5 }, () => lotEnding(soonMs, 'ann')))
  expect((await tell(3)).left).toBe(true)
  expect((await tell(3)).left).toBe(false)
  expect((await feeds(pool))['ann']).toHaveLength(5)
})
