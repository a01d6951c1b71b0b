// What of a storm of bids is told, and when.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Pool } from '../../platform/postgres/pool.ts'
import { derive } from '../core/derive.ts'
import type { FeedJournal } from '../ports/feed-journal.ts'
import { FeedStage } from '../testing/feed-stage.ts'
import { feeds, waiting } from '../testing/feed-table.ts'
import { LotLog } from '../testing/lot-log.ts'
import { bidEntry, closing, duel } from '../testing/lot-words.ts'

const [ANN, BOB] = ['Bidder 1', 'Bidder 2'] as const

let stage: FeedStage
let pool: Pool
let journal: FeedJournal

beforeEach(async () => {
  stage = await FeedStage.set()
  pool = stage.pool
  journal = stage.journal
})
afterEach(() => stage.clear())

test('commits that are read together are told as one: to each bidder its last displacement, at the price now', async () => {
  const lot = new LotLog(pool)
  await lot.commit([duel(1), duel(2)])
  await lot.commit([duel(3), duel(4), duel(5)])
  const carl = { alias: 'Bidder 3', leader: ANN, outbid: 'carl' }
  await lot.commit([duel(6)])
  await lot.commit([duel(7), bidEntry(8, carl), bidEntry(9, carl)])
  const told = await journal.tell(derive)
  expect(told).toMatchObject({ commits: 4, lots: new Map([[lot.lotId, 2]]), left: false })
  expect(await feeds(pool)).toEqual({ bob: ['1 outbid@7'], carl: ['1 outbid@9'] })
  expect(told.feeds.flatMap(({ events }) => events.map(({ price }) => price))).toEqual([
    1_900, 1_900,
  ])
})

test('who leads again is told nothing, nor is anybody that it stands outbid on a lot that has ended', async () => {
  const lot = new LotLog(pool)
  await lot.standing('ann', 1, 5_000)
  await lot.standing('bob', 2, 6_000)
  await lot.soldBy('sam')
  for (const seq of [1, 2, 3, 4]) await lot.commit([duel(seq)])
  await lot.commit([closing(5, 'bob', BOB)])
  await journal.tell(derive)
  expect(await feeds(pool)).toEqual({
    ann: ['1 lot_lost@5'],
    bob: ['1 lot_won@5', '2 order_created@5'],
    sam: ['1 order_created@5'],
  })
})

test('a lot that rests waits, and no other does', async () => {
  const lot = new LotLog(pool)
  const other = new LotLog(pool)
  await lot.commit([duel(1), duel(2)])
  await other.commit([duel(1), duel(2)])
  expect(await journal.tell(derive, [lot.lotId])).toMatchObject({
    commits: 1,
    left: false,
    lots: new Map([[other.lotId, 1]]),
  })
  expect(await waiting(pool)).toBe(1)
  expect(await journal.tell(derive)).toMatchObject({
    commits: 1,
    lots: new Map([[lot.lotId, 1]]),
  })
})

test('webhooks are told of each bid, however many commits are told as one', async () => {
  await pool.query(`
    INSERT INTO webhooks (webhook_id, url, created_by, created_at_ms)
    VALUES (gen_random_uuid(), 'https://example.com', 'ada', 0)`)
  const lot = new LotLog(pool)
  for (const seq of [1, 2, 3]) await lot.commit([duel(seq)])
  await journal.tell(derive)
  const { rows } = await pool.query('SELECT type, from_seq, to_seq, bids FROM webhook_events')
  expect(rows).toEqual([{ type: 'bid.accepted', from_seq: 1, to_seq: 3, bids: 3 }])
})
