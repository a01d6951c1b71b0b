import { Client } from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { emptyDatabase, type ThrowawayDatabase } from '../testing/throwaway-database.ts'
import { waitFor } from '../testing/wait-for.ts'
import { closePool, createPool, type Pool, transaction } from './pool.ts'

const log = pino({ level: 'silent' })
const options = { log, applicationName: 'pool test' }
let database: ThrowawayDatabase
let pool: Pool

beforeAll(async () => {
  database = await emptyDatabase()
  pool = createPool(database.url, options)
  await pool.query('CREATE TABLE notes (id bigint PRIMARY KEY, body jsonb)')
})

afterAll(async () => {
  await pool.end()
  await database.drop()
})

/** As an operator would: ends every connection of the pool under test. */
async function cutConnections(): Promise<void> {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
    [options.applicationName],
  )
  await client.end()
}

test('a bigint comes as a number, up to 2^53 - 1', async () => {
  const { rows } = await pool.query('SELECT 9007199254740991::bigint AS most, -1::bigint AS least')
  expect(rows).toEqual([{ most: Number.MAX_SAFE_INTEGER, least: -1 }])
})

test('a bigint beyond 2^53 - 1 fails its statement, and the connection lives on', async () => {
  await expect(pool.query('SELECT 9007199254740992::bigint')).rejects.toThrow(RangeError)
  const { rows } = await pool.query('SELECT 1::bigint AS one')
  expect(rows).toEqual([{ one: 1 }])
})

test('jsonb comes parsed', async () => {
  const { rows } = await pool.query(`SELECT '{"price": 5}'::jsonb AS view`)
  expect(rows).toEqual([{ view: { price: 5 } }])
})

test('a transaction that returns is committed; one that throws leaves nothing', async () => {
  await transaction(pool, (client) => client.query('INSERT INTO notes (id) VALUES (1)'))
  const failed = transaction(pool, async (client) => {
    await client.query('INSERT INTO notes (id) VALUES (2)')
    throw new Error('changed my mind')
  })
  await expect(failed).rejects.toThrow('changed my mind')
  const { rows } = await pool.query('SELECT id FROM notes')
  expect(rows).toEqual([{ id: 1 }])
})

test('a connection lost in the middle of a transaction fails that transaction and nothing else', async () => {
  const failed = transaction(pool, async (client) => {
    await client.query('INSERT INTO notes (id) VALUES (3)')
    await cutConnections()
    await client.query('SELECT 1')
  })
  await expect(failed).rejects.toThrow()
  const { rows } = await pool.query('SELECT count(*) AS lost FROM notes WHERE id = 3')
  expect(rows).toEqual([{ lost: 0 }])
})

test('connections cut while nobody uses them are told to the log and made anew', async () => {
  const warn = vi.fn<(fields: object, message: string) => void>()
  const watched = createPool(database.url, { ...options, log: Object.assign(pino(), { warn }) })
  await watched.query('SELECT 1')
  await cutConnections()
  await waitFor(() => warn.mock.calls.length > 0)
  const { rows } = await watched.query('SELECT 1 AS one')
  expect(rows).toEqual([{ one: 1 }])
  await watched.end()
})

test('a statement beyond its time is ended', async () => {
  const hasty = createPool(database.url, { ...options, statementTimeoutMs: 50 })
  await expect(hasty.query('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: '57014' })
  await hasty.end()
})

test('a pool is closed when its last connection is', async () => {
  const closing = createPool(database.url, options)
  await Promise.all([1, 2, 3].map(() => closing.query('SELECT 1')))
  let closed = 0
  closing.on('remove', () => {
    closed += 1
  })
  await closePool(closing)
  expect(closed).toBe(3)
})

test('a pool is closed when those connections are that were given up just before', async () => {
  const closing = createPool(database.url, options)
  const [kept, givenUp] = await Promise.all([closing.connect(), closing.connect()])
  let closed = 0
  closing.on('remove', () => {
    closed += 1
  })
  kept.release()
  givenUp.release(true)
  await closePool(closing)
  expect(closed).toBe(2)
})

test('a pool that was never used is closed at once', async () => {
  await closePool(createPool(database.url, options))
})
