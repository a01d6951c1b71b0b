// Jobs by the job library (graphile-worker), on the tables that it keeps in the database. The library's
// worker ends itself where the database fails it; another is employed then, after a while.
import { EventEmitter } from 'node:events'
import {
  type JobHelpers,
  Logger as LibraryLogger,
  runTaskList,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker'
import { assert } from '../../platform/assert.ts'
import { type Beat, beat } from '../../platform/beat.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import { Outage } from '../../platform/outage.ts'
import { countJobs, type JobCounts } from '../../platform/postgres/job-office.ts'
import { type Pool, transaction } from '../../platform/postgres/pool.ts'
import { retrying } from '../../platform/retry.ts'
import { untilAborted } from '../../platform/until-aborted.ts'
import { failureDelays, jobPace } from '../limits.ts'
import type { Job, JobEnd, Json, Task, TaskName, Tasks } from '../ports/job-queue.ts'
import { type LeasePace, WorkerLease } from './graphile-lease.ts'
import { addJobs, bury, removeSuperseded, stillHasKey } from './graphile-queries.ts'

/** How an attempt ended. */
export type JobOutcome = JobEnd['type'] | 'failed'

export interface GraphileJobsOptions {
  /** Whose jobs, in the log. */
  readonly name: string
  readonly pool: Pool
  /** Those of other tasks are left to other workers. */
  readonly tasks: Tasks
  /** So many are done at a time. */
  readonly concurrency: number
  readonly clock: Clock
  readonly log: Logger
  readonly onEnd?: (task: TaskName, outcome: JobOutcome) => void
  /** Told each minute how many jobs there are. */
  readonly onCount?: (counts: JobCounts) => void
  readonly pace?: LeasePace
}

type LibraryJob = JobHelpers['job']

export function createGraphileJobs(options: GraphileJobsOptions): Part {
  return new GraphileJobs(options)
}

class GraphileJobs implements Part {
  readonly name: string
  readonly #options: GraphileJobsOptions
  readonly #log: Logger
  readonly #taskList: TaskList
  readonly #outage: Outage
  readonly #ending = new AbortController()
  #sweep: Beat | undefined
  #work: Promise<void> = Promise.resolve()

  constructor(options: GraphileJobsOptions) {
    this.#options = options
    this.name = options.name
    this.#log = options.log.child({ jobs: options.name })
    this.#outage = new Outage(this.#log, {
      begins: 'a worker ended; another is employed',
      ends: 'a worker is at work again',
    })
    const tasks = Object.entries(options.tasks) as [TaskName, Task][]
    this.#taskList = Object.fromEntries(
      tasks.map(([name, task]) => [
        name,
        (payload: unknown, { job }: JobHelpers) => this.#attempt(name, task, payload, job),
      ]),
    )
  }

  async start(): Promise<void> {
    const { pool, clock, onCount } = this.#options
    const pacing = { clock, log: this.#log }
    const sweep = async () => {
      await removeSuperseded(pool)
      onCount?.(await countJobs(pool))
    }
    this.#sweep = beat('looking over the jobs', jobPace.sweepMs, sweep, pacing)
    this.#work = this.#workUntilEnd()
  }

  /** Begins no other job. What is not done when `signal` aborts is done again elsewhere. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#ending.abort()
    await this.#sweep?.stop()
    await untilAborted(signal, this.#work).catch(() => {})
  }

  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#sweep?.stop()
    await this.#work
  }

  async #workUntilEnd(): Promise<void> {
    const { signal } = this.#ending
    const employing = retrying(() => this.#employOne(), {
      classify: () => failureDelays,
      clock: this.#options.clock,
      signal,
      onRetry: ({ error }) => this.#outage.failed(error),
    })
    await employing.catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }

  /** Lives with one worker until the end. @throws where the worker ended before, or its lock was lost */
  async #employOne(): Promise<void> {
    const { pool, clock, concurrency, pace = jobPace } = this.#options
    const lease = new WorkerLease({
      ...pace,
      pool,
      clock,
      log: this.#log,
      onFreed: (workers) =>
        this.#log.warn({ workers }, 'let go of the jobs of workers that are gone'),
    })
    const stuck = Promise.withResolvers<never>()
    stuck.promise.catch(() => {})
    const worker = runTaskList(
      {
        concurrency,
        noHandleSignals: true,
        events: keepingQueueOpen(),
        logger: libraryLogger(this.#log, stuck.reject),
        preset: presetFor(concurrency),
      },
      this.#taskList,
      lease.guard(pool),
    )
    try {
      await lease.take(worker.id)
      this.#outage.worked()
      const ended = worker.promise.then(() => {
        throw new Error('the worker ended by itself')
      })
      await untilAborted(this.#ending.signal, Promise.race([ended, lease.lost, stuck.promise]))
    } catch (error) {
      if (!this.#ending.signal.aborted) throw error
    } finally {
      await ending(worker)
      await lease.leave()
    }
  }

  async #attempt(task: TaskName, work: Task, payload: unknown, job: LibraryJob): Promise<void> {
    const { onEnd } = this.#options
    try {
      const end = await work(payload, { n: job.attempts, max: job.max_attempts })
      await this.#follow(task, payload, job, end)
      onEnd?.(task, end.type)
    } catch (error) {
      onEnd?.(task, 'failed')
      throw error
    }
  }

  /** What comes after this attempt takes the place of the job, unless another job did. */
  async #follow(task: TaskName, payload: unknown, job: LibraryJob, end: JobEnd): Promise<void> {
    if (end.type === 'done') return
    const { key } = job
    const next: Job = {
      task,
      payload: end.payload ?? (payload as Json),
      ...(key === null ? {} : { key }),
      ...(end.type === 'later' ? { dueAtMs: end.dueAtMs } : {}),
    }
    await transaction(this.#options.pool, async (client) => {
      if (key !== null && !(await stillHasKey(client, job.id, key))) return
      const ids = await addJobs(client, [next])
      if (end.type === 'dead') await bury(client, ids, end.reason)
    })
  }
}

/** Its jobs are fetched, and noted as done, many at a time: at hundreds a second each alone would cost more. */
function presetFor(concurrency: number): GraphileConfig.Preset {
  return {
    worker: {
      pollInterval: jobPace.pollMs,
      localQueue: { size: concurrency },
      completeJobBatchDelay: jobPace.noteMs,
      failJobBatchDelay: jobPace.noteMs,
    },
  }
}

/**
 * At its end the library's queue of fetched jobs gives back those that nobody began, and fails at it unless something
 * else of it is under way: then nobody waits until they are back, and each end of a worker looks like a fault in the
 * log. So something is under way until it ends.
 */
function keepingQueueOpen(): WorkerEvents {
  const events: WorkerEvents = new EventEmitter()
  const ended = Promise.withResolvers<void>()
  events.on('localQueue:init', ({ localQueue }) => {
    const background: unknown = Reflect.get(localQueue, 'background')
    assert(typeof background === 'function', 'the queue of the library waits for what is under way')
    background.call(localQueue, ended.promise)
  })
  events.on('localQueue:setMode', ({ newMode }) => {
    if (newMode === 'RELEASED') ended.resolve()
  })
  return events
}

/** What it says when it ends badly was said before. */
async function ending(worker: ReturnType<typeof runTaskList>): Promise<void> {
  await Promise.resolve(worker.gracefulShutdown()).catch(() => {})
  await worker.promise.catch(() => {})
}

/**
 * What the library says when it finds no jobs because the database fails it. It asks again, but where it was the
 * first time it remembers the failure instead of what its tasks are called, and never finds any.
 */
const fetchFailed = 'Error occurred fetching jobs'

/** What it says of its connections, each time: the end of its worker is said, and once is enough. */
const ofConnections = [
  fetchFailed,
  'Error with notify listener',
  'Error occurred attempting to UNLISTEN',
]

/** The library tells of each job that failed and of whatever it could not do: warnings here, since it goes on. */
function libraryLogger(log: Logger, onStuck: (error: Error) => void): LibraryLogger {
  return new LibraryLogger(() => (level, message) => {
    const [firstLine = ''] = message.split('\n', 1)
    const isTrouble = level === 'error' || level === 'warning'
    const isOfConnection = ofConnections.some((beginning) => firstLine.startsWith(beginning))
    if (isTrouble && !isOfConnection) log.warn({ library: firstLine }, 'the job library says')
    else log.trace({ library: firstLine }, 'the job library says')
    if (isTrouble && firstLine.startsWith(fetchFailed)) onStuck(new Error(firstLine))
  })
}
