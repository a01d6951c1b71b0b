// What the gateway reads, from a real PostgreSQL.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLogger } from '../../platform/log.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import type { LotBook, StreamRange } from '../ports/lot-book.ts'
import { draftId, lotId, lotView, bidId as missingId } from '../testing/lots.ts'
import { noonMs } from '../testing/people.ts'
import { idAt, storeMessage } from '../testing/stored-conversations.ts'
import { standInForEngine, storeLot, storeStanding } from '../testing/stored-lots.ts'
import { createPostgresLotBook } from './postgres-lot-book.ts'
import { readStreamEpoch } from './postgres-stream-epoch.ts'
import { createPostgresUserFeed } from './postgres-user-feed.ts'

const bids = Array.from({ length: 25 }, (_, at) => ({
  alias: `Bidder ${(at % 2) + 1}`,
  amount: 1_000 + at * 50,
  kind: 'proxy' as const,
  at: noonMs + at,
}))

let database: ThrowawayDatabase
let pool: Pool
let book: LotBook
let queries = 0

beforeAll(async () => {
  database = await throwawayDatabase()
  pool = createPool(database.url, {
    log: createLogger({ name: 'test', level: 'silent' }),
    applicationName: 'gateway test',
  })
  await standInForEngine(pool)
  await storeLot(pool, lotView({ price: 2_200, leader: 'Bidder 1', bidCount: 25 }), {
    leaderId: 'ann',
    before: 2,
    bids,
  })
  await storeLot(pool, lotView({ lotId: draftId, state: 'draft' }), { sellerId: 'tom' })
  const counted: Pick<Pool, 'query'> = {
    query: ((...args: Parameters<Pool['query']>) => {
      queries += 1
      return pool.query(...args)
    }) as Pool['query'],
  }
  book = createPostgresLotBook(counted as Pool, new VirtualClock(noonMs + 60_000))
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

describe('a lot', () => {
  test('comes with its seller, its newest 20 bids and the time of the reading', async () => {
    const lot = await book.lot(lotId)
    expect(lot).toMatchObject({
      sellerId: 'sel',
      view: { lotId, title: 'Palm Pilot', seq: 27, price: 2_200, serverTime: noonMs + 60_000 },
    })
    expect(lot?.bids).toEqual(bids.slice(5).toReversed())
  })

  test('that has no bid has none, and one that is not there is undefined', async () => {
    expect(await book.lot(draftId)).toMatchObject({ sellerId: 'tom', bids: [] })
    expect(await book.lot(missingId)).toBeUndefined()
  })

  test('asked for by many in one turn is read in one query', async () => {
    const before = queries
    const lots = await Promise.all([lotId, draftId, missingId, lotId].map((id) => book.lot(id)))
    expect(lots.map((lot) => lot?.sellerId)).toEqual(['sel', 'tom', undefined, 'sel'])
    expect(queries).toBe(before + 1)
  })
})

describe('a standing', () => {
  beforeAll(async () => {
    await storeStanding(pool, lotId, { bidderId: 'ann', aliasNo: 1, max: 5_000 })
    await storeStanding(pool, lotId, { bidderId: 'bob', aliasNo: 2, max: 2_200 })
    await storeStanding(pool, draftId, { bidderId: 'bob', aliasNo: 1, max: 7_000 })
  })

  test('is the bidder’s own on that lot, and says whether it leads', async () => {
    const standing = await book.standing(lotId, 'ann')
    expect(standing).toEqual({ leading: true, max: 5_000, alias: 'Bidder 1' })
    const behind = { leading: false, max: 2_200, alias: 'Bidder 2' }
    expect(await book.standing(lotId, 'bob')).toEqual(behind)
  })

  test('that never was is none', async () => {
    expect(await book.standing(lotId, 'zoe')).toBeUndefined()
    expect(await book.standing(missingId, 'ann')).toBeUndefined()
  })

  test('of several bidders and lots is one query, and nobody gets another’s', async () => {
    const before = queries
    const standings = await Promise.all([
      book.standing(lotId, 'bob'),
      book.standing(draftId, 'bob'),
      book.standing(draftId, 'ann'),
    ])
    expect(standings.map((standing) => standing?.max)).toEqual([2_200, 7_000, undefined])
    expect(queries).toBe(before + 1)
  })
})

describe('bids', () => {
  test('are read page by page, newest first, none twice and none left out', async () => {
    const first = await book.bids(lotId, { limit: 10 })
    expect(first.items[0]).toEqual({ ...bids[24], seq: 27 })
    expect(first.next).toBe(18)
    const second = await book.bids(lotId, { limit: 10, before: first.next ?? 0 })
    const last = await book.bids(lotId, { limit: 5, before: second.next ?? 0 })
    expect(last).not.toHaveProperty('next')
    const read = [...first.items, ...second.items, ...last.items].map(({ seq }) => seq)
    expect(read).toEqual(Array.from({ length: 25 }, (_, at) => 27 - at))
  })
})

async function seqs(range: StreamRange): Promise<readonly number[]> {
  return (await book.publications(lotId, range)).map(({ seq }) => seq)
}

describe('publications', () => {
  test('upwards begin after a seq, or at the first', async () => {
    expect(await seqs({ limit: 3, reverse: false })).toEqual([1, 2, 3])
    expect(await seqs({ limit: 3, reverse: false, from: 25 })).toEqual([26, 27])
    expect(await seqs({ limit: 3, reverse: false, from: 27 })).toEqual([])
  })

  test('downwards begin before a seq, or at the last', async () => {
    expect(await seqs({ limit: 3, reverse: true })).toEqual([27, 26, 25])
    expect(await seqs({ limit: 3, reverse: true, from: 3 })).toEqual([2, 1])
  })

  test('carry the whole state after their event, and the event', async () => {
    const [third] = await book.publications(lotId, { from: 2, limit: 1, reverse: false })
    expect(third?.publication).toMatchObject({
      type: 'bid_accepted',
      lot: { lotId, title: 'Palm Pilot', seq: 3, serverTime: noonMs + 3 },
      bid: bids[0],
    })
  })
})

describe('a feed', () => {
  beforeAll(async () => {
    await pool.query(`INSERT INTO user_streams VALUES ('ann', 3), ('bob', 1)`)
    await pool.query(
      `INSERT INTO notifications (user_id, seq, type, at_ms, source, aggregate_id, source_seq, data)
       SELECT 'ann', seq, 'outbid', $1::bigint + seq, 'lot', $2, seq, jsonb_build_object('price', seq * 100)
         FROM generate_series(1, 3) AS seq`,
      [noonMs, lotId],
    )
  })

  test('tells its newest seq, 0 where nothing was ever told', async () => {
    const feed = createPostgresUserFeed(pool)
    expect(await Promise.all(['ann', 'bob', 'zoe'].map((userId) => feed.head(userId)))).toEqual([
      3, 1, 0,
    ])
  })

  test('is read upwards and downwards, as it goes on the wire', async () => {
    const feed = createPostgresUserFeed(pool)
    const upwards = await feed.notifications('ann', { from: 1, limit: 10, reverse: false })
    expect(upwards).toEqual([
      { seq: 2, type: 'outbid', at: noonMs + 2, price: 200 },
      { seq: 3, type: 'outbid', at: noonMs + 3, price: 300 },
    ])
    const downwards = await feed.notifications('ann', { limit: 2, reverse: true })
    expect(downwards.map(({ seq }) => seq)).toEqual([3, 2])
    expect(await feed.notifications('zoe', { limit: 2, reverse: true })).toEqual([])
  })

  test('I21: shows of a message only what that still says, whether the notifier has heard of it or not', async () => {
    const said = { conversationId: lotId, senderId: 'zoe' }
    const words = ['as it is', 'canary', 'canary', 'canary']
    for (const [at, text] of words.entries()) {
      const seq = at + 1
      const messageId = idAt(seq)
      await pool.query(
        `INSERT INTO notifications (user_id, seq, type, at_ms, source, aggregate_id, source_seq, data)
         VALUES ('cid', $1, 'message', $2, 'conversation', $3, $1, $4)`,
        [seq, noonMs, lotId, { messageId, text }],
      )
      // Retention has taken the last.
      if (seq < words.length) await storeMessage(pool, { ...said, seq, messageId, text })
    }
    await pool.query(`UPDATE messages SET view = view || '{"text": "edited"}' WHERE seq = 2`)
    await pool.query(
      `UPDATE messages SET state = 'deleted', view = view || '{"text": ""}' WHERE seq = 3`,
    )
    for (const reverse of [false, true]) {
      const read = await createPostgresUserFeed(pool).notifications('cid', { limit: 9, reverse })
      expect(read.flatMap(({ text }) => text ?? [])).toEqual(['as it is'])
      expect(read).toHaveLength(4)
    }
  })
})

test('the epoch of the streams is that of the database', async () => {
  const epoch = await readStreamEpoch(pool)
  expect(epoch).toMatch(/^[0-9a-f]{8}$/)
  expect(await readStreamEpoch(pool)).toBe(epoch)
})
