// Several engines on a real PostgreSQL, by its clock: who takes over what, and how soon.
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../platform/system-clock.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { EngineReply, LotEvents } from '../protocol/engine.ts'
import { lotEventsSubject, shardCount } from '../protocol/subjects.ts'
import { failoverGraceMs } from './limits.ts'
import { createEngine } from './main.ts'
import { placeBid } from './testing/commands.ts'
import { AuctionDatabase } from './testing/database-engine.ts'
import { Freezer } from './testing/freezer.ts'
import { replayed } from './testing/replayed.ts'

let database: AuctionDatabase

beforeEach(async () => {
  database = await AuctionDatabase.make()
})
afterEach(() => database.close())

/** How many shards each of the engines owns, whose leases have not run out. */
async function owned(...owners: string[]): Promise<number[]> {
  const { rows } = await database.pool.query<{ owner: string; shards: number }>(
    `SELECT owner, count(*)::int AS shards FROM shard_leases
      WHERE expires_at > clock_timestamp() GROUP BY owner`,
  )
  return owners.map((owner) => rows.find((row) => row.owner === owner)?.shards ?? 0)
}

/** Sharing takes its time on a machine that is busy with other tests. */
const patience = { timeoutMs: 40_000 }

const ownedAs = (expected: Readonly<Record<string, number>>): Promise<unknown> =>
  waitFor(async () => {
    expect(await owned(...Object.keys(expected))).toEqual(Object.values(expected))
    return true
  }, patience)

async function endOf(lotId: string): Promise<{ state: string; endsAtMs: number } | undefined> {
  const { rows } = await database.pool.query<{ state: string; endsAtMs: number }>(
    'SELECT state, ends_at_ms AS "endsAtMs" FROM lots_hot WHERE lot_id = $1',
    [lotId],
  )
  return rows[0]
}

const code = (reply: EngineReply): string => ('code' in reply ? reply.code : reply.outcome)

/** As fast as people bid on a hot lot, and slow enough that the engines have time for each other. */
const betweenBidsMs = 5

/** Bids on all the lots in closed loops until told to stop. */
function crowdOn(lotIds: readonly string[]) {
  const replies: EngineReply[] = []
  const over = new AbortController()
  const all = lotIds.map(async (lotId) => {
    for (let max = 10_000; !over.signal.aborted; max += 10_000) {
      replies.push(await database.bid(lotId, { by: `bidder-${(max / 10_000) % 7}`, max }))
      await pause(betweenBidsMs)
    }
  })
  return {
    replies,
    async stop() {
      over.abort()
      await Promise.all(all)
    },
  }
}

describe('a fleet', { timeout: 120_000 }, () => {
  test('engines come and go under load, and no bid is refused for it', async () => {
    const first = await database.engine('first')
    const lotIds = await Promise.all(Array.from({ length: 12 }, () => database.openLot()))
    const crowd = crowdOn(lotIds)
    const second = await database.engine('second')
    await ownedAs({ first: 128, second: 128 })
    await database.engine('third')
    await waitFor(async () => {
      const shares = await owned('first', 'second', 'third')
      expect(shares.toSorted((one, other) => one - other)).toEqual([84, 86, 86])
      return true
    }, patience)
    await first.drain()
    await second.drain()
    await ownedAs({ third: shardCount })
    const before = crowd.replies.length
    await waitFor(() => crowd.replies.length > before + 20)
    await crowd.stop()
    expect(new Set(crowd.replies.map(code))).toEqual(new Set(['accepted']))
    const { rows } = await database.pool.query(
      `SELECT 1 FROM lot_events WHERE type = 'lot_extended'
        UNION ALL
       SELECT 1 FROM (SELECT epoch, lag(epoch) OVER (PARTITION BY lot_id ORDER BY decision_no) AS before
                        FROM lot_decisions) AS decided
        WHERE decided.before > decided.epoch`,
    )
    expect(rows).toEqual([])
  })

  test('I1: a dead owner’s lots go on elsewhere, and those in their last seconds get a grace', async () => {
    const first = await database.engine('first')
    await database.engine('second')
    await ownedAs({ first: 128, second: 128 })
    const heard: LotEvents[] = []
    await database.bus.listen(lotEventsSubject('*'), (message) => heard.push(message as LotEvents))
    const endsAt = systemClock.nowMs() + 4_000
    const lotIds = await Promise.all(
      Array.from({ length: 20 }, (_, nth) => database.openLot(nth < 16 ? { endsAt } : {})),
    )
    const { rows } = await database.pool.query<{ lotId: string }>(
      `SELECT lot_id AS "lotId" FROM lots_hot JOIN shard_leases USING (shard)
        WHERE owner = 'first' AND ends_at_ms = $1`,
      [endsAt],
    )
    await Promise.all(lotIds.map((lotId) => database.bid(lotId, { by: 'ann', max: 5_000 })))
    await first.crash()
    await ownedAs({ second: shardCount })

    for (const lotId of lotIds.slice(16)) {
      expect(await database.bid(lotId, { by: 'bob', max: 7_000 })).toMatchObject({ seq: 4 })
    }
    const extended = rows.map(({ lotId }) => lotId)
    for (const lotId of lotIds.slice(0, 16)) {
      const end = await waitFor(() => endOf(lotId))
      if (!extended.includes(lotId)) {
        expect(end.endsAtMs).toBe(endsAt)
        continue
      }
      expect(await database.bid(lotId, { by: 'bob', max: 7_000 })).toMatchObject({ leading: true })
      expect(end.endsAtMs).toBeGreaterThan(endsAt)
      expect(end.endsAtMs).toBeLessThanOrEqual(systemClock.nowMs() + failoverGraceMs)
      const told = heard
        .filter((message) => message.lotId === lotId)
        .flatMap(({ events }) => events.map(({ publication }) => publication))
      expect(told.find(({ type }) => type === 'lot_extended')).toMatchObject({
        extended: { from: endsAt, to: end.endsAtMs, reason: 'failover' },
      })
      const lot = await replayed(database.pool, lotId)
      expect(lot?.now).toMatchObject({ endsAtMs: end.endsAtMs, leaderId: 'bob' })
    }
    expect(extended.length).toBeGreaterThan(0)
  })

  test('I11: an owner that stood still for longer than its lease commits nothing and begins anew', async () => {
    const freezer = new Freezer()
    await database.start('zombie', (tools) =>
      createEngine({
        ...tools,
        owner: 'zombie',
        bus: freezer.bus(tools.bus),
        clock: freezer.clock(tools.clock),
      }),
    )
    const lotId = await database.openLot()
    await database.bid(lotId, { by: 'ann', max: 5_000 })
    await database.engine('other')
    freezer.freeze()
    const caught = [1, 2].map((nth) => placeBid(lotId, { by: `eve-${nth}`, max: 50_000 * nth }))
    const unheard = Promise.allSettled(caught.map((command) => database.ask(command)))
    await ownedAs({ zombie: 0, other: shardCount })
    freezer.thaw()
    await ownedAs({ zombie: 128, other: 128 })
    expect((await unheard).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    // Whoever hears nothing asks again.
    for (const command of caught) expect(code(await database.ask(command))).toBe('accepted')
    expect(await database.bid(lotId, { by: 'fay', max: 900_000 })).toMatchObject({ leading: true })
    const { rows } = await database.pool.query<{ epoch: number }>(
      'SELECT epoch FROM lot_decisions WHERE lot_id = $1 ORDER BY decision_no',
      [lotId],
    )
    const epochs = rows.map(({ epoch }) => epoch)
    expect(epochs).toEqual(epochs.toSorted((one, another) => one - another))
  })
})
