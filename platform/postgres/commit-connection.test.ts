import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLogger } from '../log.ts'
import { type ThrowawayDatabase, throwawayDatabase } from '../testing/throwaway-database.ts'
import { CommitConnection } from './commit-connection.ts'
import { closePool, createPool, type Pool } from './pool.ts'

const log = createLogger({ name: 'test', level: 'silent' })
const statement = { name: 'one', text: 'SELECT 1 AS one', values: [] }

let database: ThrowawayDatabase
beforeAll(async () => {
  database = await throwawayDatabase()
})
afterAll(() => database.drop())

function newPool(): Pool {
  return createPool(database.url, { log, applicationName: 'test', max: 1 })
}

test('commits go by one connection, which the pool has back when it is closed', async () => {
  const pool = newPool()
  const commits = new CommitConnection(pool)
  await commits.open()
  expect(await commits.commit(statement)).toEqual({ type: 'done', rows: [{ one: 1 }] })
  expect(await commits.commit(statement)).toMatchObject({ type: 'done' })
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 0])
  commits.close()
  await closePool(pool)
})

test('one that is closed while it connects keeps no connection from the pool, and writes nothing', async () => {
  const pool = newPool()
  const [opened, committed] = [new CommitConnection(pool), new CommitConnection(pool)]
  const opening = opened.open()
  opened.close()
  await expect(opening).rejects.toThrow('closed')
  const committing = committed.commit(statement)
  committed.close()
  expect(await committing).toMatchObject({ type: 'failed' })
  await closePool(pool)
})
