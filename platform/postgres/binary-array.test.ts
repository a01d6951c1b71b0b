import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createLogger } from '../log.ts'
import { type ThrowawayDatabase, throwawayDatabase } from '../testing/throwaway-database.ts'
import { BinaryArray, type Cell, type ColumnType } from './binary-array.ts'
import { createPool, type Pool } from './pool.ts'

let database: ThrowawayDatabase
let pool: Pool

beforeAll(async () => {
  database = await throwawayDatabase()
  const log = createLogger({ name: 'test', level: 'silent' })
  pool = createPool(database.url, { log, applicationName: 'binary array test' })
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

/** No table can hold NUL, nor half of a surrogate pair. */
const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'))

const cells: Record<ColumnType, fc.Arbitrary<Exclude<Cell, null>>> = {
  boolean: fc.boolean(),
  bytea: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  bigint: fc.maxSafeInteger(),
  smallint: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }),
  integer: fc.integer(),
  text,
  json: text.map((value) => JSON.stringify({ value })),
  uuid: fc.uuid(),
  jsonb: text.map((value) => JSON.stringify({ value })),
}

/** What `pg` makes of the cell. */
function read(type: ColumnType, cell: Cell): unknown {
  return cell !== null && (type === 'json' || type === 'jsonb') ? JSON.parse(String(cell)) : cell
}

const columnTypes = Object.keys(cells) as ColumnType[]

test.each(columnTypes)('%s: PostgreSQL reads what was written, nulls too', async (type) => {
  const array = new BinaryArray(type)
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(cells[type]), { maxLength: 50 }), async (column) => {
      array.clear()
      for (const cell of column) array.push(cell)
      const { rows } = await pool.query<{ cell: unknown }>(
        `SELECT cell FROM unnest($1::${type}[]) WITH ORDINALITY AS c (cell, nth) ORDER BY nth`,
        [array.encoded()],
      )
      expect(rows.map((row) => row.cell)).toEqual(column.map((cell) => read(type, cell)))
    }),
    { numRuns: 25 },
  )
})

test('a UUID in capitals is the same UUID', () => {
  const id = '0189abcd-ef01-7abc-8def-fedcba987654'
  const [written, inCapitals] = [id, id.toUpperCase()].map((cell) => {
    const array = new BinaryArray('uuid')
    array.push(cell)
    return array.encoded()
  })
  expect(inCapitals).toEqual(written)
})

test('a column larger than the buffer it began with is whole', async () => {
  const array = new BinaryArray('text')
  const column = Array.from({ length: 500 }, (_, nth) => 'é'.repeat(100) + nth)
  for (const cell of column) array.push(cell)
  const { rows } = await pool.query('SELECT $1::text[] AS cells', [array.encoded()])
  expect(rows[0]).toEqual({ cells: column })
})

test('half of a surrogate pair is refused, and not turned into another character', () => {
  expect(() => new BinaryArray('text').push('\ud83d')).toThrow(RangeError)
})
