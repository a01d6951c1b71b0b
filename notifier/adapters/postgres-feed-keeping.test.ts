import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createLogger } from '../../platform/log.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import type { FeedKeeping } from '../ports/feed-keeping.ts'
import { phone, registered } from '../testing/devices.ts'
import { createPostgresFeedKeeping } from './postgres-feed-keeping.ts'
import { createPostgresFeedRegister } from './postgres-feed-register.ts'

let database: ThrowawayDatabase
let pool: Pool
let keeping: FeedKeeping

beforeAll(async () => {
  database = await throwawayDatabase()
  const log = createLogger({ name: 'test', level: 'silent' })
  pool = createPool(database.url, { log, applicationName: 'test' })
  keeping = createPostgresFeedKeeping(pool)
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})
beforeEach(async () => {
  await pool.query(`
    TRUNCATE devices, device_marks, feed_marks, notification_preferences, notifications, user_streams,
             erasures, feed_erasures`)
})

/** `count` notifications of the user, the first at 1 ms, the second at 2 ms and so on. */
async function notify(userId: string, count: number): Promise<void> {
  await pool.query('INSERT INTO user_streams VALUES ($1, $2)', [userId, count])
  await pool.query(
    `INSERT INTO notifications (user_id, seq, type, at_ms, source, aggregate_id, source_seq, data)
     SELECT $1, n, 'outbid', n, 'lot', gen_random_uuid(), n, '{}' FROM generate_series(1, $2::int) n`,
    [userId, count],
  )
}

async function seqs(userId: string): Promise<number[]> {
  const { rows } = await pool.query<{ seq: number }>(
    'SELECT seq FROM notifications WHERE user_id = $1 ORDER BY seq',
    [userId],
  )
  return rows.map(({ seq }) => seq)
}

const count = async (table: string): Promise<number> =>
  (await pool.query(`SELECT FROM ${table}`)).rowCount ?? 0

describe('retention', () => {
  test('takes the oldest notifications, so many at a time, and no younger ones', async () => {
    await notify('ann', 6)
    await notify('bob', 3)
    expect(await keeping.forgetNotifications(5, 3)).toBe(3)
    expect(await keeping.forgetNotifications(5, 100)).toBe(4)
    expect(await keeping.forgetNotifications(5, 100)).toBe(0)
    expect([await seqs('ann'), await seqs('bob')]).toEqual([[5, 6], []])
  })

  test('by several notifiers at once takes each row once, and none waits for another', async () => {
    await notify('ann', 400)
    const passes = Array.from({ length: 8 }, () => keeping.forgetNotifications(301, 50))
    const gone = await Promise.all(passes)
    expect(gone.reduce((all, each) => all + each, 0)).toBe(300)
    expect(await seqs('ann')).toHaveLength(100)
  })

  test('takes devices that were not heard of, and their marks', async () => {
    const register = createPostgresFeedRegister(pool)
    await register.register('ann', phone('old'), 1_000, 9)
    await register.register('ann', phone('new'), 2_000, 9)
    const mark = { userId: 'ann', conversationId: randomUUID(), seq: 1 }
    await register.note(
      [
        { ...mark, deviceId: 'old' },
        { ...mark, deviceId: 'new' },
      ],
      1_500,
    )
    expect(await keeping.forgetDevices(2_000, 100)).toBe(1)
    expect(await registered(pool)).toEqual(['ann/new new-token'])
    expect(await count('device_marks')).toBe(1)
    expect(await keeping.forgetDeviceMarks(1_500, 100)).toBe(0)
    expect(await keeping.forgetDeviceMarks(1_501, 100)).toBe(1)
    expect(await registered(pool)).toHaveLength(1)
  })
})

/** Asks for their erasure, in this order. */
async function ask(...userIds: string[]): Promise<void> {
  for (const [at, userId] of userIds.entries()) {
    await pool.query(
      `INSERT INTO erasures (user_id, requested_by, requested_at_ms) VALUES ($1, 'house', $2)`,
      [userId, at],
    )
  }
}

describe('erasure', () => {
  test('leaves nothing of the user, piece by piece, and nothing undone of others', async () => {
    const register = createPostgresFeedRegister(pool)
    for (const userId of ['ann', 'bob']) {
      await notify(userId, 5)
      await register.register(userId, phone(`${userId}’s`), 1_000, 9)
      await register.prefer(userId, { previews: false })
      await register.read(userId, 2)
      const mark = { userId, deviceId: `${userId}’s`, conversationId: randomUUID(), seq: 1 }
      await register.note([mark], 1_000)
    }
    await ask('ann')
    expect(await keeping.erasuresToDo(10)).toEqual(['ann'])
    await pool.query(`
      INSERT INTO push_sends (user_id, device_id, seq, state, type, at_ms)
      VALUES ('ann', 'phone', 1, 'accepted', 'message', 1), ('bob', 'phone', 1, 'accepted', 'message', 1)`)
    expect(await keeping.erase('ann', 3_000, 4)).toBe(false)
    expect(await keeping.erasuresToDo(10)).toEqual(['ann'])
    expect(await keeping.erase('ann', 3_000, 4)).toBe(true)
    expect(await keeping.erasuresToDo(10)).toEqual([])
    expect(await seqs('ann')).toEqual([])
    expect(await seqs('bob')).toEqual([1, 2, 3, 4, 5])
    const tables = [
      'devices',
      'device_marks',
      'feed_marks',
      'notification_preferences',
      'push_sends',
    ]
    for (const table of tables) {
      const { rows } = await pool.query<{ user_id: string }>(`SELECT user_id FROM ${table}`)
      expect(rows, table).toEqual([{ user_id: 'bob' }])
    }
    // How far its feed had come stays, so that no seq is given twice.
    expect(await count('user_streams')).toBe(2)
  })

  test('begins with those who wait longest, and may be done by several at once', async () => {
    await notify('eve', 50)
    await ask('cid', 'ann', 'eve')
    expect(await keeping.erasuresToDo(2)).toEqual(['cid', 'ann'])
    await Promise.all(['cid', 'eve', 'eve', 'eve'].map((user) => keeping.erase(user, 1, 100)))
    expect(await keeping.erasuresToDo(10)).toEqual(['ann'])
  })
})
