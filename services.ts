// All services of one process, on a bus and with counts within it.
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
import { createFcmStandIn, type FcmStandIn } from './platform/fcm/fcm-stand-in.ts'
import { endingWith, type Part, partOfParts } from './platform/lifecycle.ts'
import { createMemoryLimits } from './platform/limits/memory-limits.ts'
import type { Logger } from './platform/log.ts'
import { createMetrics, createMetricsServer, type MetricsServer } from './platform/metrics.ts'
import { closePool, createPool } from './platform/postgres/pool.ts'
import { createMemoryPresence } from './platform/presence/memory-presence.ts'
import { systemClock as clock } from './platform/system-clock.ts'
import { version } from './version.ts'

export interface Services {
  /** In the order in which they start. */
  readonly parts: readonly Part[]
  readonly gateway: Gateway
  readonly metricsServer: MetricsServer
}

export interface ServicesOptions {
  readonly config: OutcryConfig
  /** At this version's tables by the time the services start. */
  readonly databaseUrl: string
  readonly log: Logger
}

/** Nothing is opened before the parts are started, but the folder or the bucket of attachments. */
export async function createServices(options: ServicesOptions): Promise<Services> {
  const { config, databaseUrl, log } = options
  const metrics = createMetrics({ role: 'outcry' })
  const metricsServer = createMetricsServer({ registry: metrics, port: config.metricsPort })
  const fcm = isForDevelopers(config) ? createFcmStandIn() : undefined
  const pool = createPool(databaseUrl, { log, applicationName: 'outcry', max: 20 })
  // What one listener could not take in, its stream heals; the others have nothing to do with it.
  const bus = createInProcessBus({
    onError: (err, subject) => log.error({ err, subject }, 'a listener failed'),
  })
  const gatewayConfig = await withSecret(config)
  const { secret } = gatewayConfig.tokens
  const { objects, folder, close } = await openObjects({ ...config, secret })
  const connectionCounts = createMemoryConnectionCounts()
  const shared = { pool, bus, connectionCounts, clock, log, metrics, objects }
  const gateway = createGateway({
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
  // Built when it is known where the stand-in listens.
  const notifier = partOfParts('notifier', { log }, async () =>
    createNotifier({
      ...shared,
      pushTarget: pushTargetOf(config, fcm),
      limits: createMemoryLimits(config.notifier.rates),
      webhooks: config.notifier.webhooks,
    }),
  )
  const parts = [
    metricsServer,
    ...(fcm === undefined ? [] : [fcm]),
    endingWith('pool', () => closePool(pool)),
    endingWith('objects', close),
    ...createEngine({ ...shared, ...config.engine }),
    ...createChatStore({ ...shared, ...config.chat }),
    notifier,
    gateway,
  ]
  return { parts, gateway, metricsServer }
}

/** Where anybody may have a token there are no real phones: what they would show is kept to be looked at. */
function isForDevelopers({ databaseUrl, gateway, notifier }: OutcryConfig): boolean {
  return databaseUrl === undefined && gateway.devTokens && notifier.pushTarget.type === 'none'
}

function pushTargetOf({ notifier }: OutcryConfig, fcm: FcmStandIn | undefined): PushTarget {
  return fcm === undefined ? notifier.pushTarget : { type: 'stand_in', endpoint: fcm.endpoint }
}

/** Where the operator gave no keys, the secret of the data folder signs and verifies. */
async function withSecret({ gateway, databaseUrl, dataFolder }: OutcryConfig) {
  const { secret, jwksUrl } = gateway.tokens
  if (databaseUrl !== undefined || secret !== undefined || jwksUrl !== undefined) return gateway
  return { ...gateway, tokens: { ...gateway.tokens, secret: await keptSecret(dataFolder) } }
}
