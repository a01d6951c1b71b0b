import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { emptyDatabase, type ThrowawayDatabase } from '../testing/throwaway-database.ts'
import { type MigrationSource, migrate } from './migrate.ts'

let database: ThrowawayDatabase
let folder: string

beforeEach(async () => {
  database = await emptyDatabase()
  folder = await mkdtemp(join(tmpdir(), 'outcry-migrate-'))
})

afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

async function source(name: string, files: Record<string, string>): Promise<MigrationSource> {
  // The brackets: a checkout may lie in a folder whose name looks like a pattern.
  const sql = join(folder, `[${name}]`)
  await mkdir(sql, { recursive: true })
  for (const [file, text] of Object.entries(files)) await writeFile(join(sql, file), text)
  return { name, folder: sql }
}

async function ask(sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

const tables = { '000001.do.tables.sql': 'CREATE TABLE houses (id bigint PRIMARY KEY);' }
const more = {
  ...tables,
  '000002.do.rooms.sql':
    'CREATE TABLE rooms (house bigint REFERENCES houses); CREATE INDEX ON rooms (house);',
}

test('the files of all sources are run in order, and only once', async () => {
  const sources = [
    await source('first', more),
    await source('second', {
      '000001.do.view.sql': 'CREATE VIEW empty_houses AS SELECT id FROM houses;',
    }),
  ]
  expect(await migrate(database.url, sources)).toEqual([
    { source: 'first', file: '000001.do.tables.sql' },
    { source: 'first', file: '000002.do.rooms.sql' },
    { source: 'second', file: '000001.do.view.sql' },
  ])
  expect(await migrate(database.url, sources)).toEqual([])
  expect(await ask('SELECT * FROM empty_houses')).toEqual([])
})

test('a file that came later is all that is run', async () => {
  await migrate(database.url, [await source('first', tables)])
  expect(await migrate(database.url, [await source('first', more)])).toEqual([
    { source: 'first', file: '000002.do.rooms.sql' },
  ])
})

test('processes that start at once do not get in each other’s way', async () => {
  const sources = [await source('first', more)]
  const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(database.url, sources)))
  expect(applied.map((files) => files.length).filter((count) => count > 0)).toEqual([2])
})

test('where one file fails, the database stays as it was', async () => {
  const sources = [
    await source('first', tables),
    await source('second', { '000001.do.wrong.sql': 'CREATE TABLE a (); CREATE TABEL b ();' }),
  ]
  await expect(migrate(database.url, sources)).rejects.toThrow(
    /^The tables of second could not be brought up to date: syntax error at or near "TABEL"\.$/,
  )
  expect(await ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).toEqual([])
})

test('a database made by a newer version is refused', async () => {
  await migrate(database.url, [await source('first', more)])
  await rm(join(folder, '[first]', '000002.do.rooms.sql'))
  await expect(migrate(database.url, [await source('first', tables)])).rejects.toThrow(
    'The database is newer than this version of Outcry: first is at 2, known here up to 1.',
  )
})

test('a file that was changed after it was run is refused', async () => {
  await migrate(database.url, [await source('first', tables)])
  const changed = await source('first', { '000001.do.tables.sql': 'CREATE TABLE castles ();' })
  await expect(migrate(database.url, [changed])).rejects.toThrow(
    'The tables of first could not be brought up to date: file 1 was changed after it had been run.',
  )
})

test('a file is the same with the line ends of another system', async () => {
  const text = 'CREATE TABLE houses ();\nCREATE TABLE rooms ();\n'
  await migrate(database.url, [await source('first', { '000001.do.tables.sql': text })])
  const other = { '000001.do.tables.sql': text.replaceAll('\n', '\r\n') }
  expect(await migrate(database.url, [await source('first', other)])).toEqual([])
})

test('where nothing is to be done, nobody is waited for who brings a database up to date', async () => {
  const sources = [await source('first', tables)]
  await migrate(database.url, sources)
  const busy = new Client({ connectionString: database.url })
  await busy.connect()
  try {
    await busy.query('BEGIN')
    await busy.query('LOCK TABLE schema_version_first IN SHARE ROW EXCLUSIVE MODE')
    await busy.query('SELECT pg_advisory_xact_lock(7102024001)')
    expect(await migrate(database.url, sources)).toEqual([])
  } finally {
    await busy.end()
  }
})

test('where a file fails, the job library is not left at work on its tables', async () => {
  const jobFiles = 'SELECT count(*) FROM graphile_worker.migrations'
  const sources = [await source('first', { '000001.do.wrong.sql': 'CREATE TABEL a ();' })]
  await expect(migrate(database.url, sources)).rejects.toThrow('syntax error')
  const then = await ask(jobFiles)
  await migrate(database.url, [await source('second', tables)])
  expect(await ask(jobFiles)).toEqual(then)
})
