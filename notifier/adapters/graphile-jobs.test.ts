// Jobs on a real database, done by the library's workers.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Running, runParts } from '../../platform/lifecycle.ts'
import { createLogger, type Logger } from '../../platform/log.ts'
import { createPool, type Pool, transaction } from '../../platform/postgres/pool.ts'
import { systemClock } from '../../platform/system-clock.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { Attempt, Job, Task, Tasks } from '../ports/job-queue.ts'
import { doing, doings, makeDoings } from '../testing/doings.ts'
import { createGraphileJobs, type JobOutcome } from './graphile-jobs.ts'
import { addJobs, removeSuperseded } from './graphile-queries.ts'

const program = fileURLToPath(new URL('../testing/job-worker.ts', import.meta.url))

/** Of a machine in no hurry, and yet soon over. */
const pace = { beatMs: 100, trustMs: 500, silenceMs: 1_500 }

let database: ThrowawayDatabase
let pool: Pool
let log: Logger
let lines: string[]
let running: Running[]
let pools: Pool[]
let children: ChildProcess[]
let outcomes: JobOutcome[]

beforeEach(async () => {
  database = await throwawayDatabase()
  lines = []
  running = []
  children = []
  outcomes = []
  log = createLogger({ name: 'test', destination: { write: (line) => lines.push(line) } })
  pool = createPool(database.url, { log, applicationName: 'test' })
  pools = [pool]
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(running.map((each) => each.drainAndStop()))
  await Promise.all(pools.map((each) => each.end()))
  await database.drop()
})

const add = (...jobs: Job[]) => transaction(pool, (client) => addJobs(client, jobs))

/** A worker, by default with connections of its own. */
async function work(
  tasks: Tasks | Task,
  ownPool = createPool(database.url, { log, applicationName: 'worker' }),
) {
  pools.push(ownPool)
  const jobs = createGraphileJobs({
    name: 'jobs',
    pool: ownPool,
    tasks: typeof tasks === 'function' ? { push: tasks } : tasks,
    concurrency: 4,
    clock: systemClock,
    log,
    onEnd: (_, outcome) => outcomes.push(outcome),
    pace,
  })
  const one = runParts([jobs], { log })
  running.push(one)
  await one.ready
  return one
}

/** A task that notes what it is asked, and ends as the test says. */
function noting(end: (attempt: Attempt) => ReturnType<Task> = async () => ({ type: 'done' })) {
  const asked: unknown[] = []
  const task: Task = (payload, attempt) => {
    asked.push(payload)
    return end(attempt)
  }
  return { asked, task }
}

interface KeptJob {
  readonly key: string | null
  readonly attempts: number
  readonly max_attempts: number
  readonly last_error: string | null
  readonly in_s: number
  readonly locked_at: Date | null
  readonly payload: unknown
}

async function kept(): Promise<KeptJob[]> {
  const { rows } = await pool.query<KeptJob>(`
    SELECT key, attempts, max_attempts, last_error, payload, locked_at,
           extract(epoch FROM run_at - now())::float8 AS in_s
      FROM graphile_worker._private_jobs ORDER BY id`)
  return rows
}

const noneLeft = async () => (await kept()).length === 0

describe('what is added', () => {
  test('is done when its transaction has committed, once, whoever does it', async () => {
    const { asked, task } = noting()
    await work(task)
    await work(task)
    await add(...Array.from({ length: 200 }, (_, n): Job => ({ task: 'push', payload: { n } })))
    await waitFor(noneLeft)
    expect(asked).toHaveLength(200)
    expect(new Set(asked.map((payload) => JSON.stringify(payload))).size).toBe(200)
    expect(outcomes).toEqual(asked.map(() => 'done'))
  })

  test('is not there where its transaction was undone', async () => {
    await transaction(pool, async (client) => {
      await addJobs(client, [{ task: 'push', payload: 1 }])
      throw new Error('undone')
    }).catch(() => {})
    expect(await kept()).toEqual([])
  })

  test('of other tasks is left to other workers', async () => {
    const { asked, task } = noting()
    await work(task)
    await add({ task: 'push_badge', payload: 1 }, { task: 'push', payload: 2 })
    await waitFor(async () => (await kept()).length === 1)
    expect(asked).toEqual([2])
  })

  test('waits until it is due', async () => {
    const { asked, task } = noting()
    await work(task)
    await add(
      { task: 'push', payload: 'later', dueAtMs: Date.now() + 60_000 },
      { task: 'push', payload: 'soon', dueAtMs: Date.now() + 300 },
    )
    await waitFor(() => asked.length > 0)
    expect(asked).toEqual(['soon'])
  })
})

describe('a key', () => {
  test('is of one job that waits: a later one takes its place and its time', async () => {
    await add({ task: 'push', key: 'k', payload: 1, dueAtMs: Date.now() + 60_000 })
    await add({ task: 'push', key: 'k', payload: 2, dueAtMs: Date.now() + 600_000 })
    await add({ task: 'push', key: 'other', payload: 3, dueAtMs: Date.now() + 60_000 })
    expect(await kept()).toMatchObject([{ key: 'k', payload: 2 }, { key: 'other' }])
    expect((await kept())[0]?.in_s).toBeGreaterThan(300)
  })

  test('keeps the time of the first where that is asked for', async () => {
    await add({ task: 'push', key: 'k', payload: 1, dueAtMs: Date.now() + 60_000 })
    const next: Job = { task: 'push', key: 'k', payload: 2, dueAtMs: Date.now() + 600_000 }
    await add({ ...next, keepsDue: true })
    expect(await kept()).toMatchObject([{ payload: 2 }])
    expect((await kept())[0]?.in_s).toBeLessThan(61)
  })

  test('twice in one go is the last of both', async () => {
    const key = 'k'
    await add({ task: 'push', key, payload: 1 }, { task: 'push', key, payload: 2 })
    expect(await kept()).toMatchObject([{ key, payload: 2 }])
  })

  test('of a job that is being done is of the one that follows it', async () => {
    const finish = Promise.withResolvers<void>()
    const { asked, task } = noting(async () => {
      await finish.promise
      return { type: 'done' }
    })
    await add({ task: 'push', key: 'k', payload: 1 })
    await work(task)
    await waitFor(() => asked.length === 1)
    await add({ task: 'push', key: 'k', payload: 2 })
    finish.resolve()
    await waitFor(noneLeft)
    expect(asked).toEqual([1, 2])
  })

  test('a job that lost its key while it was done comes back neither late, dead nor failed', async () => {
    for (const end of ['later', 'dead', 'failed'] as const) {
      const { asked, task } = noting(async () => {
        await add({ task: 'push', key: 'k', payload: 'newer', dueAtMs: Date.now() + 60_000 })
        if (end === 'failed') throw new Error('failed')
        return end === 'later' ? { type: end, dueAtMs: 0 } : { type: end, reason: 'no use' }
      })
      await add({ task: 'push', key: 'k', payload: 'older', dueAtMs: 0 })
      const worker = await work(task)
      await waitFor(() => outcomes.at(-1) === end)
      await worker.drainAndStop()
      await removeSuperseded(pool)
      expect(asked).toEqual(['older'])
      expect(await kept()).toMatchObject([{ key: 'k', payload: 'newer', attempts: 0 }])
    }
  })
})

describe('how it ends', () => {
  test('later: the same job again at that time, its attempts anew', async () => {
    await add({ task: 'push', key: 'k', payload: { n: 1 } })
    const { task } = noting(async () => ({ type: 'later', dueAtMs: Date.now() + 60_000 }))
    await work(task)
    await waitFor(() => outcomes.length === 1)
    await waitFor(async () => (await kept()).length === 1)
    expect(await kept()).toMatchObject([{ key: 'k', attempts: 0, payload: { n: 1 } }])
    expect((await kept())[0]?.in_s).toBeGreaterThan(30)
  })

  test('later with another payload: that one', async () => {
    await add({ task: 'push', payload: { n: 1 } })
    const dueAtMs = Date.now() + 60_000
    await work(noting(async () => ({ type: 'later', dueAtMs, payload: { n: 2 } })).task)
    await waitFor(async () => (await kept())[0]?.in_s !== undefined && outcomes.length === 1)
    await waitFor(async () => (await kept()).length === 1)
    expect(await kept()).toMatchObject([{ payload: { n: 2 } }])
  })

  test('dead: kept with the reason and the other payload, and done by nobody', async () => {
    await add({ task: 'push', payload: 1 })
    const { asked, task } = noting(async () => ({ type: 'dead', reason: 'of no use', payload: 2 }))
    await work(task)
    await waitFor(async () => (await kept())[0]?.last_error === 'of no use')
    expect(await kept()).toMatchObject([{ attempts: 25, max_attempts: 25, payload: 2 }])
    expect(asked).toEqual([1])
  })

  test('failed: tried again later, and the failure is kept', async () => {
    await add({ task: 'push', payload: 1 })
    await work(
      noting(async () => {
        throw new Error('the first time it fails')
      }).task,
    )
    await waitFor(async () => (await kept())[0]?.last_error === 'the first time it fails')
    const [job] = await kept()
    expect(job).toMatchObject({ attempts: 1, max_attempts: 25 })
    expect(job?.in_s).toBeGreaterThan(1)
    expect(outcomes).toEqual(['failed'])
  })
})

async function startChild(settings: object): Promise<ChildProcess> {
  const started = spawn(process.execPath, [program], {
    env: { ...process.env, DATABASE_URL: database.url, WORKER: JSON.stringify(settings) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(started)
  await once(started.stdout, 'data')
  return started
}

const begun = (count: number) => async () => (await doings(pool)).length >= count

describe('a worker that dies', () => {
  test('I15: killed with -9 in the middle, its jobs are done by another within seconds', async () => {
    await makeDoings(pool)
    const victim = await startChild({ pace, workMs: 60_000 })
    await add(...['a', 'b', 'c', 'd', 'e'].map((payload): Job => ({ task: 'push', payload })))
    await waitFor(begun(4))
    victim.kill('SIGKILL')
    await work(doing(pool, 'successor', 0))
    await waitFor(noneLeft)
    const done = (await doings(pool)).filter(({ worker }) => worker === 'successor')
    expect(done.map(({ name }) => name).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect((await pool.query('SELECT FROM job_workers')).rowCount).toBe(1)
  })

  test('I15: frozen, its jobs are free, and it does no harm when it comes back', async () => {
    await makeDoings(pool)
    const frozen = await startChild({ pace, workMs: 500 })
    await add({ task: 'push', key: 'a', payload: 'a' })
    await waitFor(begun(1))
    frozen.kill('SIGSTOP')
    // Somebody who frees jobs, and has none of this task to do.
    await work({ push_badge: noting().task })
    await waitFor(async () => (await kept()).every(({ locked_at }) => locked_at === null))
    // The job that was taken from it waits, with something else to do.
    await add({ task: 'push', key: 'a', payload: 'later', dueAtMs: Date.now() + 60_000 })
    frozen.kill('SIGCONT')
    await waitFor(async () => (await doings(pool)).every(({ ended }) => ended))
    await waitFor(async () => (await pool.query('SELECT FROM job_workers')).rowCount === 2)
    expect(await kept()).toMatchObject([{ key: 'a', payload: 'later' }])
  })

  test('whose connections are cut employs another, and no job is lost', async () => {
    const { asked, task } = noting()
    await work(task)
    await waitFor(async () => (await pool.query('SELECT FROM job_workers')).rowCount === 1)
    for (let round = 1; round <= 3; round += 1) {
      await add(
        ...Array.from({ length: 20 }, (_, n): Job => ({ task: 'push', payload: [round, n] })),
      )
      await pool.query(`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'worker'`)
    }
    await waitFor(noneLeft)
    const different = new Set(asked.map((payload) => JSON.stringify(payload)))
    expect(different.size).toBe(60)
    expect(lines.some((line) => line.includes('another is employed'))).toBe(true)
  })
})

test('a worker that failed to begin is followed by another', async () => {
  await pool.query('ALTER TABLE graphile_worker._private_tasks RENAME TO elsewhere')
  const { asked, task } = noting()
  await work(task)
  await waitFor(() => lines.some((line) => line.includes('does not exist')))
  await pool.query('ALTER TABLE graphile_worker.elsewhere RENAME TO _private_tasks')
  await add({ task: 'push', payload: 1 })
  await waitFor(() => asked.length === 1)
})

test('a worker whose database begins to start is followed by another, and can be ended', async () => {
  const starting = Object.assign(new Error('the database system is starting up'), { code: '57P03' })
  let refusals = 0
  const refusing = createPool(database.url, { log, applicationName: 'worker' })
  refusing.connect = async () => {
    refusals += 1
    throw starting
  }
  const worker = await work(noting().task, refusing)
  // The lock of each worker is asked for first, so the third one has its turn when two have ended.
  await waitFor(() => refusals >= 3)
  await worker.drainAndStop()
  const words = lines.filter((line) => line.includes('another is employed'))
  expect(words).toHaveLength(1)
})

test('at the end what was begun is finished, and nobody has anything to free', async () => {
  const finish = Promise.withResolvers<{ type: 'done' }>()
  const { asked, task } = noting(() => finish.promise)
  await add(...Array.from({ length: 9 }, (_, payload): Job => ({ task: 'push', payload })))
  const worker = await work(task)
  const taken = async () => (await kept()).filter(({ locked_at }) => locked_at).length
  // Four are begun, and as many wait for their turn, which they give up.
  await waitFor(async () => (await taken()) === 8)
  const ended = worker.drainAndStop()
  await waitFor(async () => (await taken()) === 4)
  finish.resolve({ type: 'done' })
  await ended
  expect(asked).toHaveLength(4)
  expect((await kept()).map(({ attempts }) => attempts)).toEqual([0, 0, 0, 0, 0])
  expect(lines.filter((line) => line.includes('the job library says'))).toEqual([])
  expect((await pool.query('SELECT FROM job_workers')).rowCount).toBe(0)
})
