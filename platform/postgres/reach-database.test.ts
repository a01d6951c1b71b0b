import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { emptyDatabase, type ThrowawayDatabase } from '../testing/throwaway-database.ts'
import { reachDatabase } from './reach-database.ts'

/** The first byte of a simple query (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
const question = 'Q'.charCodeAt(0)

let database: ThrowawayDatabase

beforeAll(async () => {
  database = await emptyDatabase()
})

afterAll(() => database.drop())

test('a wrong password and a missing database are refused at once, in a sentence without the password', async () => {
  const wrongPassword = new URL(database.url)
  wrongPassword.password = 'hunter2'
  await expect(reachDatabase(wrongPassword.href, 'test')).rejects.toThrow(
    /^The database at .* cannot be used: it refuses this user or password\.$/,
  )
  await expect(reachDatabase(wrongPassword.href, 'test')).rejects.not.toThrow('hunter2')
  const noDatabase = new URL(database.url)
  noDatabase.pathname = 'nowhere'
  await expect(reachDatabase(noDatabase.href, 'test')).rejects.toThrow('it has no such database')
})

test('a server that is not there is waited for, then named', async () => {
  const connecting = reachDatabase('postgresql://me:pw@127.0.0.1:1/db', 'test', 300)
  await expect(connecting).rejects.toThrow(
    'The database at 127.0.0.1:1/db cannot be used: nothing listens there.',
  )
})

test('a server that is about to come is waited for', async () => {
  const socketFolder = decodeURIComponent(new URL(database.url).hostname)
  let attempts = 0
  const starting = createServer((client) => {
    attempts += 1
    if (attempts === 1) {
      client.destroy()
      return
    }
    client.pipe(connect(join(socketFolder, '.s.PGSQL.5432'))).pipe(client)
    // It lets in whoever has the password, and hangs up at the first question.
    if (attempts === 2) client.on('data', ([kind]) => kind === question && client.destroy())
  })
  starting.listen(0, '127.0.0.1')
  await once(starting, 'listening')
  const address = starting.address()
  const port = typeof address === 'object' ? address?.port : undefined

  const { username, password, pathname } = new URL(database.url)
  const url = `postgresql://${username}:${password}@127.0.0.1:${port}${pathname}`
  const client = await reachDatabase(url, 'test')
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  expect(attempts).toBe(3)
  await client.end()
  starting.close()
  await once(starting, 'close')
})

test('what is no URL is said to be none', async () => {
  await expect(reachDatabase('localhost', 'test')).rejects.toMatchObject({
    message: expect.stringContaining('DATABASE_URL is not a URL'),
    exitCode: 78,
  })
})
