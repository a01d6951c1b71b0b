// What every peer is given: a lot on a real database, which only Outcry reads, and a NATS.
import { createEngine } from '../../auction-engine/main.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { runParts } from '../../platform/lifecycle.ts'
import { createLogger } from '../../platform/log.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { closePool, createPool } from '../../platform/postgres/pool.ts'
import { NatsServer } from '../../platform/servers/nats-server.ts'
import { systemClock as clock } from '../../platform/system-clock.ts'
import type { Keep } from '../keeping.ts'
import { openLot } from '../open-lot.ts'
import type { Stage } from '../peers/words.ts'
import { startThrowawayPostgres } from '../throwaway-postgres.ts'

/** Nobody but the processes of one run knows it, or needs to be kept from it. */
export const tokenSecret = 'only for the watchers of one run of a bench'

/** The engine that opens the lot is gone when this resolves: it would take its share of the cores. */
export async function setStage(keep: Keep): Promise<Stage> {
  const log = createLogger({ name: 'bench', level: 'error' })
  const { url: databaseUrl } = await keep(startThrowawayPostgres(log), (server) => server.stop())
  const { url: natsUrl } = await keep(NatsServer.start(), (server) => server.stop())
  const pool = createPool(databaseUrl, { log, applicationName: 'bench', max: 4 })
  const bus = createInProcessBus()
  const metrics = createMetrics({ role: 'bench', ofProcess: false })
  const running = runParts(createEngine({ pool, bus, clock, log, metrics }), { log })
  try {
    await running.ready
    return { lotId: await openLot(bus), databaseUrl, natsUrl, secret: tokenSecret }
  } finally {
    await running.drainAndStop()
    await closePool(pool)
  }
}
