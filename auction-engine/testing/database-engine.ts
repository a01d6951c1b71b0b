// Engines on one bus and a PostgreSQL of their own and a real clock, which can be left as a crash would leave them.
import { type Bus, NoResponderError } from '../../platform/bus/bus.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { Part } from '../../platform/lifecycle.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'
import { systemClock } from '../../platform/system-clock.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { LotTerms } from '../../protocol/auction.ts'
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'
import { lotCommandsSubject, shardOf } from '../../protocol/subjects.ts'
import { defaultLimits, type EngineLimits } from '../limits.ts'
import { createEngine } from '../main.ts'
import { type BidOf, createLot, placeBid, publishLot, termsAt } from './commands.ts'

const log = createLogger({ name: 'test', level: 'silent' })

export interface RunningEngine {
  /** As the operator ends it. */
  drain(): Promise<void>
  /** As `kill -9` ends it: nothing is finished and nothing given back. */
  crash(): Promise<void>
}

export class AuctionDatabase {
  readonly pool: Pool
  readonly bus: Bus = createInProcessBus({ copy: true })
  readonly #database: ThrowawayDatabase
  readonly #engines = new Set<RunningEngine>()

  private constructor(database: ThrowawayDatabase) {
    this.#database = database
    this.pool = createPool(database.url, { log, applicationName: 'test' })
  }

  static async make(): Promise<AuctionDatabase> {
    return new AuctionDatabase(await throwawayDatabase())
  }

  /** Starts an engine with a pool of its own, so that its connections can be told apart. */
  async engine(owner = 'engine', limits: Partial<EngineLimits> = {}): Promise<RunningEngine> {
    const pool = createPool(this.#database.url, { log, applicationName: owner })
    const parts = createEngine({
      pool,
      bus: this.bus,
      clock: systemClock,
      log,
      metrics: createMetrics({ role: 'test', ofProcess: false }),
      owner,
      limits: { ...defaultLimits, ...limits },
    })
    const ended = (parting: (part: Part) => Promise<void>) => async () => {
      if (!this.#engines.delete(engine)) return
      for (const part of parts) await parting(part)
      await pool.end()
    }
    const engine: RunningEngine = {
      drain: ended(async (part) => {
        await part.drain(AbortSignal.timeout(20_000))
        await part.stop()
      }),
      crash: ended((part) => part.stop()),
    }
    this.#engines.add(engine)
    for (const part of parts) await part.start()
    return engine
  }

  /** Cuts every connection of an engine, in the middle of whatever it does. */
  async cutConnections(owner: string): Promise<void> {
    await this.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = $1 AND datname = current_database()`,
      [owner],
    )
  }

  /** Asks as a gateway does: again, while nobody owns the shard. */
  ask(command: EngineCommand): Promise<EngineReply> {
    const subject = lotCommandsSubject(shardOf(command.lotId))
    return waitFor(async () => {
      try {
        return (await this.bus.request(subject, command, 10_000)) as EngineReply
      } catch (error) {
        if (error instanceof NoResponderError) return undefined
        throw error
      }
    })
  }

  bid(lotId: string, bid: BidOf): Promise<EngineReply> {
    return this.ask(placeBid(lotId, bid))
  }

  /** A lot that is open from now for an hour, unless the terms say otherwise. */
  async openLot(terms: Partial<LotTerms> = {}): Promise<string> {
    const lotId = uuidv7()
    const created = await this.ask(createLot(lotId, termsAt(systemClock.nowMs(), terms)))
    const published = await this.ask(publishLot(lotId))
    if (created.outcome !== 'accepted' || published.outcome !== 'accepted') {
      throw new Error(`the lot was not opened: ${JSON.stringify([created, published])}`)
    }
    return lotId
  }

  async close(): Promise<void> {
    for (const engine of this.#engines) await engine.crash()
    await this.pool.end()
    await this.#database.drop()
  }
}
