import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createLogger } from '../../platform/log.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import type { FeedRegister } from '../ports/feed-register.ts'
import { phone, registered } from '../testing/devices.ts'
import { createPostgresFeedRegister } from './postgres-feed-register.ts'

const talk = '0190a1b2-3333-5222-8333-123456789abc'
const otherTalk = '0190a1b2-4444-5222-8333-123456789abc'
const hourMs = 3_600_000
const devicesMax = 3

let database: ThrowawayDatabase
let pool: Pool
let register: FeedRegister

beforeAll(async () => {
  database = await throwawayDatabase()
  const log = createLogger({ name: 'test', level: 'silent' })
  pool = createPool(database.url, { log, applicationName: 'test' })
  register = createPostgresFeedRegister(pool)
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})
beforeEach(async () => {
  await pool.query(`
    TRUNCATE push_sends, devices, device_marks, feed_marks, notification_preferences, notifications, user_streams`)
})

/** The columns of Ann's device. */
async function device(deviceId: string): Promise<Record<string, unknown> | undefined> {
  const { rows } = await pool.query(
    `SELECT * FROM devices WHERE user_id = 'ann' AND device_id = $1`,
    [deviceId],
  )
  return rows[0]
}

/** `conversation seq@ms` of everything noted of devices. */
async function marks(): Promise<string[]> {
  const { rows } = await pool.query<{ mark: string }>(`
    SELECT concat(user_id, '/', device_id, ' ', left(conversation_id::text, 13), ' ', delivered_seq, '@', at_ms) AS mark
      FROM device_marks ORDER BY 1`)
  return rows.map(({ mark }) => mark)
}

describe('a device', () => {
  test('is kept as it was registered last', async () => {
    const quietHours = { from: '22:00', to: '07:30' }
    await register.register('ann', phone('p1', { quietHours }), 1_000, devicesMax)
    expect(await device('p1')).toEqual({
      user_id: 'ann',
      device_id: 'p1',
      platform: 'android',
      token: 'p1-token',
      token_kind: 'token',
      locale: 'en-GB',
      time_zone: 'Europe/London',
      quiet_from_min: 22 * 60,
      quiet_to_min: 7 * 60 + 30,
      registered_at_ms: 1_000,
      seen_at_ms: 1_000,
      feed_delivered_seq: 0,
    })
    const renewed = phone('p1', { token: 'fresh', platform: 'ios', tokenKind: 'fid', locale: 'ja' })
    await register.register('ann', renewed, 2_000, devicesMax)
    expect(await device('p1')).toMatchObject({
      token: 'fresh',
      platform: 'ios',
      token_kind: 'fid',
      locale: 'ja',
      quiet_from_min: null,
      registered_at_ms: 2_000,
    })
  })

  test('takes its token along, from another device and from another user', async () => {
    await register.register('ann', phone('p1', { token: 'shared' }), 1_000, devicesMax)
    await register.register('ann', phone('p2', { token: 'shared' }), 2_000, devicesMax)
    expect(await registered(pool)).toEqual(['ann/p2 shared'])
    await register.register('bob', phone('p2', { token: 'shared' }), 3_000, devicesMax)
    await register.register('ann', phone('p1'), 4_000, devicesMax)
    expect(await registered(pool)).toEqual(['ann/p1 p1-token', 'bob/p2 shared'])
  })

  test('of many who register the same token at once exactly one has it, and nobody fails', async () => {
    const users = Array.from({ length: 24 }, (_, nth) => `user-${nth % 8}`)
    for (const round of ['one', 'two', 'three']) {
      await Promise.all(
        users.map((user, nth) =>
          register.register(user, phone(`p${nth % 3}`, { token: round }), nth, devicesMax),
        ),
      )
      const holders = (await registered(pool)).filter((place) => place.endsWith(` ${round}`))
      expect(holders).toHaveLength(1)
    }
  })

  test('beyond what a user may have takes the place of the one unheard of for longest', async () => {
    for (const [nth, id] of ['p1', 'p2', 'p3', 'p4'].entries()) {
      await register.register('ann', phone(id), 1_000 + nth, devicesMax)
    }
    await register.register('bob', phone('p1', { token: 'of bob' }), 1, devicesMax)
    expect(await registered(pool)).toEqual([
      'ann/p2 p2-token',
      'ann/p3 p3-token',
      'ann/p4 p4-token',
      'bob/p1 of bob',
    ])
    // Even with a clock that is behind, the one that registers stays.
    await register.register('ann', phone('p5'), 1, devicesMax)
    expect((await registered(pool)).slice(0, 3)).toEqual([
      'ann/p3 p3-token',
      'ann/p4 p4-token',
      'ann/p5 p5-token',
    ])
  })

  test('that is removed takes its marks with it, and is not missed by a second removal', async () => {
    await register.register('ann', phone('p1'), 1_000, devicesMax)
    await register.register('bob', phone('p1', { token: 'of bob' }), 1_000, devicesMax)
    await register.note([{ userId: 'ann', deviceId: 'p1', conversationId: talk, seq: 3 }], hourMs)
    await register.remove('ann', 'p1')
    await register.remove('ann', 'p1')
    expect(await registered(pool)).toEqual(['bob/p1 of bob'])
    expect(await marks()).toEqual([])
  })

  test('is revoked with the tokens that registered it, not with later ones', async () => {
    await register.register('ann', phone('p1'), 1_000, devicesMax)
    await register.register('ann', phone('p2'), 2_000, devicesMax)
    await register.register('ann', phone('p3'), 3_000, devicesMax)
    await register.revoke('ann', 'p2', 1_999)
    await register.revoke('bob', undefined, 9_000)
    expect(await registered(pool)).toHaveLength(3)
    await register.revoke('ann', 'p2', 2_000)
    expect(await registered(pool)).toEqual(['ann/p1 p1-token', 'ann/p3 p3-token'])
    await register.revoke('ann', undefined, 2_500)
    expect(await registered(pool)).toEqual(['ann/p3 p3-token'])
  })
})

describe('preferences', () => {
  test('are put beside those settled before', async () => {
    await register.prefer('ann', { types: { outbid: 'feed', message: 'off' } })
    await register.prefer('ann', { previews: false })
    await register.prefer('ann', { types: { message: 'push' } })
    await register.prefer('ann', {})
    const types = { outbid: 'feed', message: 'push' }
    const { rows } = await pool.query('SELECT * FROM notification_preferences')
    expect(rows).toEqual([{ user_id: 'ann', types, previews: false }])
  })
})

describe('reading the feed', () => {
  beforeEach(async () => {
    await pool.query(`INSERT INTO user_streams VALUES ('ann', 4)`)
    await pool.query(`
      INSERT INTO notifications (user_id, seq, type, at_ms, source, aggregate_id, source_seq, data)
      SELECT 'ann', n, 'outbid', 1, 'lot', gen_random_uuid(), n, '{}' FROM generate_series(1, 4) n`)
  })

  test('moves the mark on, never back, and tells what is left', async () => {
    expect(await register.read('ann', 3)).toEqual({ type: 'read', readSeq: 3, unread: 1 })
    expect(await register.read('ann', 1)).toEqual({ type: 'read', readSeq: 3, unread: 1 })
    expect(await register.read('ann', 4)).toEqual({ type: 'read', readSeq: 4, unread: 0 })
  })

  test('beyond its end changes nothing', async () => {
    expect(await register.read('ann', 5)).toEqual({ type: 'beyond_end', max: 4 })
    expect(await register.read('bob', 1)).toEqual({ type: 'beyond_end', max: 0 })
    expect((await pool.query('SELECT * FROM feed_marks')).rows).toEqual([])
    expect(await register.read('bob', 0)).toEqual({ type: 'read', readSeq: 0, unread: 0 })
  })

  test('has each device that shows something of it look whether it still should', async () => {
    const jobs = async () =>
      (
        await pool.query<{ payload: unknown }>(`
        SELECT j.payload FROM graphile_worker._private_jobs j
          JOIN graphile_worker._private_tasks t ON t.id = j.task_id WHERE t.identifier = 'push_badge'`)
      ).rows
    await pool.query(`
      INSERT INTO push_sends (user_id, device_id, seq, state, type, at_ms, cleared)
      VALUES ('ann', 'p1', 2, 'accepted', 'outbid', 1, false), ('ann', 'p2', 2, 'accepted', 'outbid', 1, true),
             ('bob', 'p3', 1, 'accepted', 'outbid', 1, false)`)
    await register.read('ann', 5)
    expect(await jobs()).toEqual([])
    await register.read('ann', 4)
    await register.read('ann', 4)
    expect(await jobs()).toEqual([{ payload: { userId: 'ann', deviceId: 'p1' } }])
  })

  test('on two devices at once leaves the higher mark', async () => {
    await Promise.all([1, 4, 2, 3, 1, 2].map((seq) => register.read('ann', seq)))
    expect(await register.read('ann', 0)).toMatchObject({ readSeq: 4 })
  })
})

/** Of a device of Ann's: in the conversation, or in her feed. */
const mark = (deviceId: string, seq: number, conversationId?: string) => ({
  userId: 'ann',
  deviceId,
  ...(conversationId === undefined ? {} : { conversationId }),
  seq,
})

describe('acknowledgements', () => {
  beforeEach(async () => {
    await register.register('ann', phone('p1'), 1_000, devicesMax)
    await register.register('ann', phone('p2'), 1_000, devicesMax)
  })

  test('of conversations and of the feed are noted of the device alone that gave them', async () => {
    await register.note([mark('p1', 3, talk), mark('p1', 7), mark('p2', 2, otherTalk)], 5_000)
    expect(await marks()).toEqual(['ann/p1 0190a1b2-3333 3@5000', 'ann/p2 0190a1b2-4444 2@5000'])
    expect(await device('p1')).toMatchObject({ feed_delivered_seq: 7 })
    expect(await device('p2')).toMatchObject({ feed_delivered_seq: 0 })
  })

  test('never go back, within one statement and over several', async () => {
    await register.note(
      [mark('p1', 3, talk), mark('p1', 9, talk), mark('p1', 7), mark('p1', 8)],
      5_000,
    )
    await register.note([mark('p1', 4, talk), mark('p1', 2)], 6_000)
    expect(await marks()).toEqual(['ann/p1 0190a1b2-3333 9@5000'])
    expect(await device('p1')).toMatchObject({ feed_delivered_seq: 8 })
  })

  test('of devices that are not registered are dropped, and the others are not', async () => {
    await register.note([mark('unknown', 3, talk), mark('unknown', 3), mark('p1', 5, talk)], 5_000)
    expect(await marks()).toEqual(['ann/p1 0190a1b2-3333 5@5000'])
  })

  test('tell that the device was heard of, once an hour', async () => {
    await register.note([mark('p1', 3, talk)], 1_000 + hourMs)
    expect(await device('p1')).toMatchObject({ seen_at_ms: 1_000 })
    await register.note([mark('p1', 1, talk)], 1_001 + hourMs)
    expect(await device('p1')).toMatchObject({ seen_at_ms: 1_001 + hourMs })
    expect(await device('p2')).toMatchObject({ seen_at_ms: 1_000 })
  })

  test('from several gateways at once, beside registrations and removals, never fail', async () => {
    const seqs = Array.from({ length: 40 }, (_, at) => at + 1)
    await Promise.all(
      seqs.flatMap((seq) => [
        register.note([mark('p2', seq, talk), mark('p1', seq, talk), mark('p1', seq)], 2 * hourMs),
        register.note(
          [mark('p1', seq, otherTalk), mark('p2', seq), mark('p3', seq, talk)],
          9 * hourMs,
        ),
        seq % 2 === 0
          ? register.register('ann', phone('p3'), seq, devicesMax)
          : register.remove('ann', 'p3'),
      ]),
    )
    expect((await marks()).filter((noted) => !noted.startsWith('ann/p3'))).toEqual([
      `ann/p1 0190a1b2-3333 40@${2 * hourMs}`,
      `ann/p1 0190a1b2-4444 40@${9 * hourMs}`,
      `ann/p2 0190a1b2-3333 40@${2 * hourMs}`,
    ])
    expect(await device('p1')).toMatchObject({ feed_delivered_seq: 40 })
    expect(await device('p2')).toMatchObject({ feed_delivered_seq: 40 })
  })
})
