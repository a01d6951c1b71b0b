// What every peer is given: a lot on a real database, which only Outcry reads.
import { createEngine } from '../../auction-engine/main.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { runParts } from '../../platform/lifecycle.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { closePool, createPool } from '../../platform/postgres/pool.ts'
import { systemClock as clock } from '../../platform/system-clock.ts'
import { openLot } from '../open-lot.ts'
import type { Stage } from '../peers/words.ts'
import { startThrowawayPostgres } from '../throwaway-postgres.ts'

/** Nobody but the processes of one run knows it, or needs to be kept from it. */
export const tokenSecret = 'only for the watchers of one run of a bench'

export interface StandingStage extends Stage {
  /** Safe to call twice. */
  strike(): Promise<void>
}

/** The engine that opens the lot is gone when this resolves: it would take its share of the cores. */
export async function setStage(): Promise<StandingStage> {
  const log = createLogger({ name: 'bench', level: 'error' })
  const server = await startThrowawayPostgres(log)
  const pool = createPool(server.url, { log, applicationName: 'bench', max: 4 })
  const bus = createInProcessBus()
  const metrics = createMetrics({ role: 'bench', ofProcess: false })
  const running = runParts(createEngine({ pool, bus, clock, log, metrics }), { log })
  try {
    await running.ready
    const lotId = await openLot(bus)
    return { lotId, databaseUrl: server.url, secret: tokenSecret, strike: () => server.stop() }
  } catch (error) {
    await server.stop()
    throw error
  } finally {
    await running.drainAndStop()
    await closePool(pool)
  }
}
