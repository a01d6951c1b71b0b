// The engine put together: what stands behind each port.
import type { Bus } from '../platform/bus/bus.ts'
import type { Clock } from '../platform/clock.ts'
import type { Part } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/log.ts'
import type { Registry } from '../platform/metrics.ts'
import type { Pool } from '../platform/postgres/pool.ts'
import { shardCount } from '../protocol/subjects.ts'
import { createPostgresLotJournal } from './adapters/postgres-lot-journal.ts'
import { createPostgresLotOutbox } from './adapters/postgres-lot-outbox.ts'
import { createPostgresShardLeases } from './adapters/postgres-shard-leases.ts'
import { defaultLimits, type EngineLimits, relayEventsMax } from './limits.ts'
import { Engine } from './shell/engine.ts'
import { createEngineMetrics } from './shell/engine-metrics.ts'

export interface CreateEngineOptions {
  /** At this version's tables by the time the engine starts. Each lane keeps one of its connections. */
  readonly pool: Pool
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  /** Under which name shards are held (see `EngineConfig`). Default: that of an engine which is alone. */
  readonly owner?: string
  readonly limits?: EngineLimits
  /** Whether commands can reach this engine at present. Default: always, as in one process. */
  readonly isReachable?: () => boolean
}

/** So many connections a pool of an engine's own should keep: those by which it recovers the lots it takes. */
export const connectionsKept = 8

const onlyEngine = 'the-only-engine'

export function createEngine(options: CreateEngineOptions): Part[] {
  const { pool, owner = onlyEngine, limits = defaultLimits } = options
  return [
    new Engine({
      ...options,
      limits,
      metrics: createEngineMetrics(options.metrics),
      journals: Array.from({ length: limits.lanes }, () => createPostgresLotJournal(pool)),
      leases: createPostgresShardLeases({ pool, owner, shardCount, leaseMs: limits.leaseMs }),
      outbox: createPostgresLotOutbox(pool, relayEventsMax),
    }),
  ]
}
