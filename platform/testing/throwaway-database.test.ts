import { Client } from 'pg'
import { expect, test } from 'vitest'
import { throwawayDatabase } from './throwaway-database.ts'

test('a throw-away database has the tables of every service, and is gone after its drop', async () => {
  const database = await throwawayDatabase()
  const client = new Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query('SELECT count(*)::int AS lots FROM lots')
  expect(rows).toEqual([{ lots: 0 }])
  await client.end()

  await database.drop()
  const late = new Client({ connectionString: database.url })
  await expect(late.connect()).rejects.toMatchObject({ code: '3D000' })
})
