// What every peer is given: a lot on a real database, which only Outcry reads, and a NATS.
import { createEngine } from '../../auction-engine/main.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { runParts } from '../../platform/lifecycle.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { closePool, createPool } from '../../platform/postgres/pool.ts'
import { NatsServer } from '../../platform/servers/nats-server.ts'
import { systemClock as clock } from '../../platform/system-clock.ts'
import { log, tokenSecret } from '../givens.ts'
import type { Keep } from '../keeping.ts'
import { openLot } from '../lot-commands.ts'
import type { Stage } from '../peers/words.ts'
import { throwawayPostgres } from '../throwaway-postgres.ts'

/** The engine that opens the lot is gone when this resolves: it would take its share of the cores. */
export async function setStage(keep: Keep): Promise<Stage> {
  const { url: databaseUrl } = await throwawayPostgres(keep)
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
