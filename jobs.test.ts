// `npm run jobs` as an operator runs it.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLogger } from './platform/log.ts'
import { createPool, type Pool } from './platform/postgres/pool.ts'
import {
  emptyDatabase,
  type ThrowawayDatabase,
  throwawayDatabase,
} from './platform/testing/throwaway-database.ts'

let database: ThrowawayDatabase
let pool: Pool

beforeEach(async () => {
  database = await throwawayDatabase()
  pool = createPool(database.url, { log: createLogger({ name: 'test' }), applicationName: 'test' })
})
afterEach(async () => {
  await pool.end()
  await database.drop()
})

interface Ended {
  readonly code: number
  readonly text: string
}

function jobs(args: readonly string[], url = database.url): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, DATABASE_URL: url }
    const program = [join(import.meta.dirname, 'jobs.ts'), ...args]
    execFile(process.execPath, program, { env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), text: `${stdout}${stderr}`.trim() })
    })
  })
}

/** Adds a job, dead where it has an error, and returns its id. */
async function add(task: string, error?: string): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id::text FROM graphile_worker.add_job($1, '{}', run_at := now() + interval '1 day 1 minute')`,
    [task],
  )
  const id = rows[0]?.id ?? ''
  if (error !== undefined) {
    await pool.query('SELECT FROM graphile_worker.permanently_fail_jobs(ARRAY[$1::bigint], $2)', [
      id,
      error,
    ])
  }
  return id
}

test('what waits and what is dead is listed, and what to do about it', async () => {
  expect(await jobs(['list'])).toEqual({ code: 0, text: 'There are no jobs.' })
  const waits = await add('push_digest')
  const dead = await add('push', 'the push service refused it\nand this is a second line')
  expect(
    (await jobs(['list'])).text.replaceAll(/\b\d+ s\b/g, '0 s'),
  ).toBe(`id  task         state   tries  age  last error
${dead}   push         dead    25/25  0 s  the push service refused it
${waits}   push_digest  in 1 d  0/25   0 s

1 dead. Put right what the last error says, then: npm run jobs -- requeue ID…, or --all.`)
  const onlyDead = (await jobs(['list', '--dead'])).text
  expect(onlyDead).toContain('refused')
  expect(onlyDead).not.toContain('push_digest')
})

test('dead jobs are requeued by their ids, and then all', async () => {
  const waits = await add('push_digest')
  const dead = [await add('push', 'one'), await add('push', 'two'), await add('push', 'three')]
  const [first = ''] = dead
  expect(await jobs(['requeue', first, waits, '99999'])).toEqual({
    code: 0,
    text: `1 job is done again, as soon as a notifier runs.\nNot dead, or not there: ${waits}, 99999.`,
  })
  expect((await jobs(['requeue', '--all'])).text).toBe(
    '2 jobs are done again, as soon as a notifier runs.',
  )
  expect((await jobs(['list', '--dead'])).text).toBe('No job is dead.')
  const { rows } = await pool.query(
    'SELECT attempts FROM graphile_worker.jobs WHERE run_at <= now() ORDER BY id',
  )
  expect(rows).toEqual([{ attempts: 0 }, { attempts: 0 }, { attempts: 0 }])
})

test('what cannot be meant is said, and nothing is done', async () => {
  const dead = await add('push', 'one')
  for (const args of [['requeue'], ['requeue', dead, '--all'], ['requeue', '1; DROP'], ['burn']]) {
    expect((await jobs(args)).code, args.join(' ')).not.toBe(0)
  }
  expect((await jobs(['list', '--dead'])).text).toContain('1 dead')
  const empty = await emptyDatabase()
  try {
    const { code, text } = await jobs(['list'], empty.url)
    expect(code).toBe(69)
    expect(text).toContain('npm run migrate')
  } finally {
    await empty.drop()
  }
})
