// Engines as processes of a fleet of their own, on a throw-away PostgreSQL and NATS: killed, ended as planned
// and started anew.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Pool } from '../platform/postgres/pool.ts'
import { NatsServer } from '../platform/servers/nats-server.ts'
import { endOf } from '../platform/servers/process-end.ts'
import { shardCount } from '../protocol/subjects.ts'
import { inTime } from './in-time.ts'
import type { Keep } from './keeping.ts'
import { openPool, throwawayPostgres } from './throwaway-postgres.ts'

const entry = fileURLToPath(new URL('../role.ts', import.meta.url))
const pollMs = 100
/** Longer than it takes an engine to start, and to be given its share. */
const patienceMs = 60_000

interface Engine {
  readonly child: ChildProcess
  readonly gone: Promise<unknown>
}

export class EngineProcesses {
  readonly natsUrl: string
  readonly databaseUrl: string
  readonly #pool: Pool
  readonly #engines: Engine[] = []

  private constructor(natsUrl: string, databaseUrl: string, pool: Pool) {
    this.natsUrl = natsUrl
    this.databaseUrl = databaseUrl
    this.#pool = pool
  }

  /** Without any engine. */
  static async start(keep: Keep): Promise<EngineProcesses> {
    const { url } = await throwawayPostgres(keep)
    const nats = await keep(NatsServer.start(), (server) => server.stop())
    const started = new EngineProcesses(nats.url, url, await openPool(keep, url, 1))
    return await keep(started, (engines) => engines.#kill())
  }

  /** Resolves when one more engine is at work and all have their shares. */
  async add(): Promise<void> {
    const env = {
      DATABASE_URL: this.databaseUrl,
      NATS_URL: this.natsUrl,
      // An engine counts nothing, and never asks.
      REDIS_URL: 'redis://127.0.0.1:1',
      METRICS_PORT: '0',
      LOG_LEVEL: 'error',
    }
    // It ends with this process, however that ends.
    const child = fork(entry, ['engine'], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const engine = { child, gone: endOf(child) }
    this.#engines.push(engine)
    const ended = engine.gone.then(() => {
      throw new Error('an engine ended instead of working')
    })
    const atWork = Promise.race([once(child, 'message'), ended])
    await inTime(atWork, patienceMs, () => 'an engine was not at work in time')
    ended.catch(() => {})
    await this.#areShared()
  }

  /** Ends the oldest engine. Resolves when the others have its share. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const engine = this.#engines.shift()
    if (engine === undefined) return
    engine.child.kill(signal)
    await engine.gone
    if (this.#engines.length > 0) await this.#areShared()
  }

  /** Resolves when all are gone. */
  async #kill(): Promise<void> {
    const engines = this.#engines.splice(0)
    for (const { child } of engines) child.kill('SIGKILL')
    await Promise.all(engines.map(({ gone }) => gone))
  }

  async #areShared(): Promise<void> {
    const share = Math.ceil(shardCount / this.#engines.length)
    const untilMs = performance.now() + patienceMs
    for (;;) {
      const { rows } = await this.#pool.query<{ shards: number }>(
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
