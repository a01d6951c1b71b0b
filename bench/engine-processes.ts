// Engines as processes of a fleet of their own, on a throw-away PostgreSQL and NATS: killed, ended as planned
// and started anew.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Logger } from '../platform/log.ts'
import { closePool, createPool, type Pool } from '../platform/postgres/pool.ts'
import { NatsServer } from '../platform/servers/nats-server.ts'
import { shardCount } from '../protocol/subjects.ts'
import { inTime } from './in-time.ts'
import { startThrowawayPostgres, type ThrowawayPostgres } from './throwaway-postgres.ts'

const entry = fileURLToPath(new URL('../role.ts', import.meta.url))
const pollMs = 100
/** Longer than it takes an engine to start, and to be given its share. */
const patienceMs = 60_000

export class EngineProcesses {
  readonly natsUrl: string
  readonly databaseUrl: string
  readonly pool: Pool
  readonly #postgres: ThrowawayPostgres
  readonly #nats: NatsServer
  readonly #engines: ChildProcess[] = []

  private constructor(postgres: ThrowawayPostgres, nats: NatsServer, log: Logger) {
    this.#postgres = postgres
    this.#nats = nats
    this.natsUrl = nats.url
    this.databaseUrl = postgres.url
    this.pool = createPool(postgres.url, { log, applicationName: 'bench', max: 1 })
  }

  /** Without any engine. */
  static async start(log: Logger): Promise<EngineProcesses> {
    const postgres = await startThrowawayPostgres(log)
    try {
      return new EngineProcesses(postgres, await NatsServer.start(), log)
    } catch (error) {
      await postgres.stop()
      throw error
    }
  }

  /** Resolves when one more engine is at work and all have their shares. */
  async add(): Promise<void> {
    const env = {
      DATABASE_URL: this.#postgres.url,
      NATS_URL: this.natsUrl,
      // An engine counts nothing, and never asks.
      REDIS_URL: 'redis://127.0.0.1:1',
      METRICS_PORT: '0',
      LOG_LEVEL: 'error',
    }
    // It ends with this process, however that ends.
    const engine = fork(entry, ['engine'], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#engines.push(engine)
    const ended = once(engine, 'exit').then(() => {
      throw new Error('an engine ended instead of working')
    })
    const atWork = Promise.race([once(engine, 'message'), ended])
    await inTime(atWork, patienceMs, () => 'an engine was not at work in time')
    ended.catch(() => {})
    await this.#areShared()
  }

  /** Ends the oldest engine. Resolves when the others have its share. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const engine = this.#engines.shift()
    if (engine === undefined) return
    const gone = once(engine, 'exit')
    engine.kill(signal)
    await gone
    if (this.#engines.length > 0) await this.#areShared()
  }

  /** Safe to call twice. */
  async stop(): Promise<void> {
    for (const engine of this.#engines.splice(0)) engine.kill('SIGKILL')
    if (!this.pool.ended) await closePool(this.pool)
    await this.#nats.stop()
    await this.#postgres.stop()
  }

  async #areShared(): Promise<void> {
    const share = Math.ceil(shardCount / this.#engines.length)
    const untilMs = performance.now() + patienceMs
    for (;;) {
      const { rows } = await this.pool.query<{ shards: number }>(
        `SELECT count(*)::int AS shards FROM shard_leases
          WHERE expires_at > clock_timestamp() GROUP BY owner`,
      )
      const isShared = rows.length === this.#engines.length
      if (isShared && rows.every(({ shards }) => shards <= share)) return
      if (performance.now() > untilMs) throw new Error('the engines did not share the lots in time')
      await sleep(pollMs)
    }
  }
}
