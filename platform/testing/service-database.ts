// A PostgreSQL of a test's own, a bus and a real clock, with services at work on them that can be left as a
// crash would leave them.

import type { Bus } from '../bus/bus.ts'
import { createInProcessBus } from '../bus/in-process-bus.ts'
import type { Clock } from '../clock.ts'
import type { Part } from '../lifecycle.ts'
import { createLogger, type Logger } from '../log.ts'
import { createMetrics, type Registry } from '../metrics.ts'
import { createPool, type Pool } from '../postgres/pool.ts'
import { systemClock } from '../system-clock.ts'
import type { ThrowawayDatabase } from './throwaway-database.ts'

const log = createLogger({ name: 'test', level: 'silent' })

/** What every service is made with. */
export interface ServiceTools {
  /** The service's own, so that its connections can be told apart. */
  readonly pool: Pool
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
}

export interface RunningService {
  /** As the operator ends it. */
  drain(): Promise<void>
  /** As `kill -9` ends it: nothing is finished and nothing given back. */
  crash(): Promise<void>
}

export class ServiceDatabase {
  /** The test's own connections. */
  readonly pool: Pool
  readonly bus: Bus = createInProcessBus({ copy: true })
  readonly #database: ThrowawayDatabase
  readonly #services = new Set<RunningService>()

  constructor(database: ThrowawayDatabase) {
    this.#database = database
    this.pool = createPool(database.url, { log, applicationName: 'test' })
  }

  /** Starts a service whose connections are called `name`. */
  async start(
    name: string,
    create: (tools: ServiceTools) => readonly Part[],
  ): Promise<RunningService> {
    const pool = createPool(this.#database.url, { log, applicationName: name })
    const metrics = createMetrics({ role: 'test', ofProcess: false })
    const parts = create({ pool, bus: this.bus, clock: systemClock, log, metrics })
    const ended = (parting: (part: Part) => Promise<void>) => async () => {
      if (!this.#services.delete(service)) return
      for (const part of parts.toReversed()) await parting(part)
      await pool.end()
    }
    const service: RunningService = {
      drain: ended(async (part) => {
        await part.drain(AbortSignal.timeout(20_000))
        await part.stop()
      }),
      crash: ended((part) => part.stop()),
    }
    this.#services.add(service)
    for (const part of parts) await part.start()
    return service
  }

  /** Cuts every connection of a service, in the middle of whatever it does. */
  async cutConnections(name: string): Promise<void> {
    await this.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = $1 AND datname = current_database()`,
      [name],
    )
  }

  async close(): Promise<void> {
    for (const service of this.#services) await service.crash()
    await this.pool.end()
    await this.#database.drop()
  }
}
