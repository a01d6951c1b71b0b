// The roles of a fleet, each put together from its service and the connections they all share: PostgreSQL
// remembers, NATS carries, Redis counts.
import { hostname } from 'node:os'
import { connectionsKept, createEngine } from './auction-engine/main.ts'
import { createChatStore } from './chat-store/main.ts'
import { createGateway, type Gateway, revocationsKept } from './gateway/main.ts'
import { createNotifier } from './notifier/main.ts'
import { openObjects } from './objects.ts'
import { createNatsBus, type NatsBus } from './platform/bus/nats-bus.ts'
import { createRedisConnectionCounts } from './platform/connections/redis-connection-counts.ts'
import { createRedisCutoffs } from './platform/cutoffs/redis-cutoffs.ts'
import { endingWith, type Part, partOfParts } from './platform/lifecycle.ts'
import { createRedisLimits } from './platform/limits/redis-limits.ts'
import type { Logger } from './platform/log.ts'
import { createMetrics, createMetricsServer, type Registry } from './platform/metrics.ts'
import { DatabaseWatch } from './platform/postgres/database-watch.ts'
import { closePool, createPool, type Pool } from './platform/postgres/pool.ts'
import { createRedisPresence } from './platform/presence/redis-presence.ts'
import { createReadiness } from './platform/readiness.ts'
import { createRedis } from './platform/redis/connection.ts'
import { createNodeLease } from './platform/redis/node-lease.ts'
import { systemClock as clock } from './platform/system-clock.ts'
import type { RoleConfig } from './role-config.ts'
import { createTables } from './tables.ts'
import { version } from './version.ts'

export interface RoleProcess {
  /** In the order in which they start. */
  readonly parts: readonly Part[]
  /** Where it listens, once it has started. */
  told(): { readonly role: string; readonly port?: number; readonly metricsPort: number }
}

/** What every service is given. */
interface Shared {
  readonly pool: Pool
  readonly bus: NatsBus
  readonly clock: typeof clock
  readonly log: Logger
  readonly metrics: Registry
}

/** Nothing is opened before the parts are started. */
export function createRole(config: RoleConfig, log: Logger): RoleProcess {
  const { role, databaseUrl, clusterName } = config
  const metrics = createMetrics({ role })
  const nodeName = `${hostname()}-${process.pid}`
  let gateway: Gateway | undefined
  const bus = createNatsBus({
    servers: config.natsServers,
    prefix: clusterName,
    name: `${clusterName} ${role} ${nodeName}`,
    log,
    clock,
    metrics,
    onReturn: () => gateway?.resync(),
  })
  const pool = createPool(databaseUrl, {
    log,
    applicationName: `outcry ${role}`,
    max: 20,
    min: role === 'engine' ? connectionsKept : 0,
  })
  const database = new DatabaseWatch({ pool, url: databaseUrl, clock, log })
  const needs = { NATS: () => bus.ready(), PostgreSQL: () => database.isThere }
  const isAvailable = () => Object.values(needs).every((isMet) => isMet())
  const readiness = createReadiness({ needs, metrics })
  const metricsServer = createMetricsServer({
    registry: metrics,
    port: config.metricsPort,
    readiness,
  })
  const shared = { pool, bus, clock, log, metrics }
  const service = partOfParts(role, { log }, async () => {
    const wired = await serviceOf(config, shared, nodeName, isAvailable)
    gateway = wired.gateway
    return wired.parts
  })
  return {
    parts: [
      metricsServer,
      endingWith('pool', () => closePool(pool)),
      // Both before whatever waits for them, so that `/readyz` names what is missing and nothing else.
      database,
      bus,
      createTables({ url: () => databaseUrl, waits: true, log }),
      service,
      readiness,
    ],
    told: () => ({
      role,
      metricsPort: metricsServer.port,
      ...(gateway === undefined ? {} : { port: gateway.port }),
    }),
  }
}

interface Service {
  readonly parts: readonly Part[]
  readonly gateway?: Gateway
}

async function serviceOf(
  config: RoleConfig,
  shared: Shared,
  nodeName: string,
  isAvailable: () => boolean,
): Promise<Service> {
  switch (config.role) {
    case 'engine':
      return {
        parts: createEngine({
          ...shared,
          ...config.engine,
          isReachable: () => shared.bus.ready(),
        }),
      }
    case 'notifier':
      return { parts: notifierOf(config, shared, nodeName) }
    case 'chat': {
      const { objects, close } = await objectsOf(config)
      const parts = createChatStore({ ...shared, ...config.chat, objects })
      return { parts: [endingWith('objects', close), ...parts] }
    }
    case 'gateway':
      return await gatewayOf(config, shared, nodeName, isAvailable)
  }
}

function notifierOf(config: RoleConfig, shared: Shared, nodeName: string): readonly Part[] {
  const { log, metrics } = shared
  const { pushTarget, rates, webhooks } = config.notifier
  const keyPrefix = `${config.clusterName}:`
  const redis = createRedis({ url: config.redisUrl, keyPrefix, log, metrics })
  const lease = createNodeLease({ redis, node: nodeName, clock })
  const connectionCounts = createRedisConnectionCounts({ redis, lease, clock })
  const limits = createRedisLimits(rates, redis, { clock, metrics })
  const notifier = createNotifier({ ...shared, connectionCounts, pushTarget, limits, webhooks })
  return [redis, lease, connectionCounts, ...notifier]
}

async function objectsOf(config: RoleConfig) {
  return await openObjects({ ...config, secret: config.tokenSecret })
}

async function gatewayOf(
  config: RoleConfig,
  shared: Shared,
  nodeName: string,
  isAvailable: () => boolean,
): Promise<Service> {
  const { gateway: gatewayConfig } = config
  if (gatewayConfig === undefined) throw new Error('a gateway is configured as one')
  const { log, metrics } = shared
  const keyPrefix = `${config.clusterName}:`
  const redis = createRedis({ url: config.redisUrl, keyPrefix, log, metrics })
  const lease = createNodeLease({ redis, node: nodeName, clock })
  const presence = createRedisPresence({ redis, lease, clock })
  const connectionCounts = createRedisConnectionCounts({ redis, lease, clock })
  const cutoffs = createRedisCutoffs({ of: 'revocations', redis, lease, clock, ...revocationsKept })
  const { objects, folder, close } = await objectsOf(config)
  const gateway = createGateway({
    ...shared,
    config: gatewayConfig,
    nodeName,
    version,
    limits: createRedisLimits(gatewayConfig.rates, redis, { clock, metrics }),
    presence,
    connectionCounts,
    cutoffs,
    objects,
    isAvailable,
    ...(folder === undefined ? {} : { objectFolder: folder }),
  })
  const forgetful = [redis, lease, presence, connectionCounts, cutoffs]
  return { parts: [endingWith('objects', close), ...forgetful, gateway], gateway }
}
