// Pushes from the commit of a cause to a push service that a test sees into, on a real database.
import { type Running, runParts } from '../../platform/lifecycle.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'
import { systemClock } from '../../platform/system-clock.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { RegisterDevice } from '../../protocol/devices.ts'
import { createGraphileJobs } from '../adapters/graphile-jobs.ts'
import { createIcuPushWords } from '../adapters/icu-push-words.ts'
import { createPostgresFeedJournal } from '../adapters/postgres-feed-journal.ts'
import { createPostgresFeedRegister } from '../adapters/postgres-feed-register.ts'
import { createPostgresPushBook } from '../adapters/postgres-push-book.ts'
import type { ConversationEntry } from '../core/conversation-commit.ts'
import { derive } from '../core/derive.ts'
import { createPushMetrics } from '../shell/push.metrics.ts'
import { createPushTasks } from '../shell/push-tasks.ts'
import type { ConversationLog } from './conversation-log.ts'
import { phone } from './devices.ts'
import { FakePushService } from './fake-push-service.ts'

export interface KeptJob {
  readonly task: string
  readonly key: string | null
  /** Seconds until it is due. */
  readonly in_s: number
  readonly last_error: string | null
  readonly payload: { readonly tries?: number }
}

export class PushStage {
  readonly pool: Pool
  readonly service = new FakePushService()
  /** How often which key of connections is held. */
  readonly held = new Map<string, number>()
  readonly #database: ThrowawayDatabase
  readonly #log = createLogger({ name: 'test', level: 'silent' })
  readonly #registry = createMetrics({ role: 'test', ofProcess: false })
  readonly #metrics = createPushMetrics(this.#registry)
  readonly #running: Running[] = []

  constructor(database: ThrowawayDatabase) {
    this.#database = database
    this.pool = createPool(database.url, { log: this.#log, applicationName: 'test', max: 20 })
  }

  static async set(): Promise<PushStage> {
    return new PushStage(await throwawayDatabase())
  }

  async clear(): Promise<void> {
    await Promise.all(this.#running.map((each) => each.drainAndStop()))
    await this.pool.end()
    await this.#database.drop()
  }

  /** One who does the jobs; called again, one more. */
  async startPushing(): Promise<void> {
    const tasks = createPushTasks({
      service: this.service,
      book: createPostgresPushBook(this.pool),
      words: createIcuPushWords(),
      connections: { held: async (keys) => keys.map((key) => this.held.get(key) ?? 0) },
      clock: systemClock,
      log: this.#log,
      metrics: this.#metrics,
      random: Math.random,
    })
    const jobs = createGraphileJobs({
      name: 'jobs',
      pool: this.pool,
      tasks,
      concurrency: 8,
      clock: systemClock,
      log: this.#log,
    })
    const one = runParts([jobs], { log: this.#log })
    this.#running.push(one)
    await one.ready
  }

  /** A phone with the token `<deviceId>-token`, unless told otherwise. */
  async register(userId: string, deviceId: string, change: Partial<RegisterDevice> = {}) {
    const register = createPostgresFeedRegister(this.pool)
    await register.register(userId, phone(deviceId, change), Date.now(), 10)
  }

  /** Tells what waits in the outbox. */
  async tell(): Promise<void> {
    const limits = { commitsPerPassMax: 500, eventsPerPassMax: { lot: 5_000, conversation: 5_000 } }
    await createPostgresFeedJournal(this.pool, limits).tell(derive)
  }

  /** What has just happened in the conversation is committed and told. */
  async happens(talk: ConversationLog, ...entries: ConversationEntry[]): Promise<void> {
    await talk.commit(entries.map((entry) => ({ ...entry, atMs: Date.now() })))
    await this.tell()
  }

  async jobs(): Promise<KeptJob[]> {
    const { rows } = await this.pool.query<KeptJob>(`
      SELECT t.identifier AS task, j.key, j.last_error, j.payload,
             extract(epoch FROM run_at - now())::float8 AS in_s
        FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id
       ORDER BY j.id`)
    return rows
  }

  /** Waits until the only job is as `isAsAsked` says, and returns it. */
  async onlyJob(isAsAsked: (job: KeptJob) => boolean): Promise<KeptJob> {
    return await waitFor(async () => {
      const [job, ...others] = await this.jobs()
      return job !== undefined && others.length === 0 && isAsAsked(job) && job
    })
  }

  async allDone(): Promise<void> {
    await waitFor(async () => (await this.jobs()).length === 0)
  }

  /** Has all jobs be due in an hour. */
  async putOff(): Promise<void> {
    await this.pool.query(
      "UPDATE graphile_worker._private_jobs SET run_at = now() + interval '1 hour'",
    )
  }

  /** Has all jobs be due now. */
  async hasten(): Promise<void> {
    await this.pool.query('UPDATE graphile_worker._private_jobs SET run_at = now()')
  }

  /** The counts of a metric by its label, those that are not 0. */
  async counted(name: string): Promise<Record<string, number>> {
    const metric = await this.#registry.getSingleMetric(`outcry_notifier_${name}`)?.get()
    const values = metric?.values.filter(({ value }) => value > 0) ?? []
    return Object.fromEntries(values.map(({ labels, value }) => [Object.values(labels)[0], value]))
  }
}
