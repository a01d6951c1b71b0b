// All of Outcry in one process: the database, the tables, the services on a bus within the process.
// `main.ts` runs it for a person; the acceptance tests run it for themselves.
import { hostname } from 'node:os'
import { createEngine } from './auction-engine/main.ts'
import { createChatStore } from './chat-store/main.ts'
import type { OutcryConfig } from './config.ts'
import { keptSecret } from './dev-secret.ts'
import { createGateway, type Gateway, revocationsKept } from './gateway/main.ts'
import type { PushTarget } from './notifier/config.ts'
import { createNotifier } from './notifier/main.ts'
import { openObjects } from './objects.ts'
import { createInProcessBus } from './platform/bus/in-process-bus.ts'
import { createMemoryConnectionCounts } from './platform/connections/memory-connection-counts.ts'
import { createMemoryCutoffs } from './platform/cutoffs/memory-cutoffs.ts'
import { EmbeddedPostgres } from './platform/embedded/embedded-postgres.ts'
import { createFcmStandIn, type FcmStandIn } from './platform/fcm/fcm-stand-in.ts'
import { endingWith, type Part, partOfParts } from './platform/lifecycle.ts'
import { createMemoryLimits } from './platform/limits/memory-limits.ts'
import type { Logger } from './platform/log.ts'
import { createMetrics, createMetricsServer } from './platform/metrics.ts'
import { closePool, createPool } from './platform/postgres/pool.ts'
import { createMemoryPresence } from './platform/presence/memory-presence.ts'
import { systemClock as clock } from './platform/system-clock.ts'
import { createTables } from './tables.ts'
import { version } from './version.ts'

export interface Outcry {
  /** In the order in which they start. */
  readonly parts: readonly Part[]
  /** The port of sockets and HTTP; 0 until started. */
  readonly port: number
  /** The port of `/metrics`; 0 until started. */
  readonly metricsPort: number
}

/** Nothing is opened before the parts are started. */
export function createOutcry(config: OutcryConfig, log: Logger): Outcry {
  const metrics = createMetrics({ role: 'outcry' })
  const metricsServer = createMetricsServer({ registry: metrics, port: config.metricsPort })
  const database = databaseOf(config, log)
  const fcm = isForDevelopers(config) ? createFcmStandIn() : undefined
  let gateway: Gateway | undefined

  const services = partOfParts('services', { log }, async () => {
    const pool = createPool(database.url(), { log, applicationName: 'outcry', max: 20 })
    // What one listener could not take in, its stream heals; the others have nothing to do with it.
    const bus = createInProcessBus({
      onError: (err, subject) => log.error({ err, subject }, 'a listener failed'),
    })
    const gatewayConfig = await withSecret(config)
    const { secret } = gatewayConfig.tokens
    const { objects, folder, close } = await openObjects({ ...config, secret })
    const connectionCounts = createMemoryConnectionCounts()
    const shared = { pool, bus, connectionCounts, clock, log, metrics, objects }
    gateway = createGateway({
      ...shared,
      config: gatewayConfig,
      nodeName: hostname(),
      version,
      limits: createMemoryLimits(config.gateway.rates),
      presence: createMemoryPresence(),
      cutoffs: createMemoryCutoffs(revocationsKept),
      ...(folder === undefined ? {} : { objectFolder: folder }),
      ...(fcm === undefined ? {} : { phones: fcm }),
    })
    return [
      endingWith('pool', () => closePool(pool)),
      endingWith('objects', close),
      ...createEngine({ ...shared, ...config.engine }),
      ...createChatStore({ ...shared, ...config.chat }),
      ...createNotifier({
        ...shared,
        pushTarget: pushTargetOf(config, fcm),
        limits: createMemoryLimits(config.notifier.rates),
        webhooks: config.notifier.webhooks,
      }),
      gateway,
    ]
  })
  return {
    // The database first: of two starts on one data folder the second is to hear of that.
    parts: [...database.parts, metricsServer, ...(fcm === undefined ? [] : [fcm]), services],
    get port() {
      return gateway?.port ?? 0
    },
    get metricsPort() {
      return metricsServer.port
    },
  }
}

/** Where anybody may have a token there are no real phones: what they would show is kept to be looked at. */
function isForDevelopers({ databaseUrl, gateway, notifier }: OutcryConfig): boolean {
  return databaseUrl === undefined && gateway.devTokens && notifier.pushTarget.type === 'none'
}

function pushTargetOf({ notifier }: OutcryConfig, fcm: FcmStandIn | undefined): PushTarget {
  return fcm === undefined ? notifier.pushTarget : { type: 'stand_in', endpoint: fcm.endpoint }
}

/** A database with the tables of this version, once its parts have started. */
interface Database {
  readonly parts: readonly Part[]
  url(): string
}

function databaseOf(config: OutcryConfig, log: Logger): Database {
  const { databaseUrl, dataFolder } = config
  const url = () => databaseUrl ?? embedded.url
  const embedded = new EmbeddedPostgres({ dataFolder, log, onDeath: endProcess })
  const tables = createTables({ url, waits: false, log })
  return { url, parts: databaseUrl === undefined ? [embedded, tables] : [tables] }
}

/** Without its database the process is of no use, and whoever restarts it starts both. */
function endProcess(failure: Error): never {
  throw failure
}

/** Where the operator gave no keys, the secret of the data folder signs and verifies. */
async function withSecret({ gateway, databaseUrl, dataFolder }: OutcryConfig) {
  const { secret, jwksUrl } = gateway.tokens
  if (databaseUrl !== undefined || secret !== undefined || jwksUrl !== undefined) return gateway
  return { ...gateway, tokens: { ...gateway.tokens, secret: await keptSecret(dataFolder) } }
}
