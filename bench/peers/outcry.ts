// Outcry's gateway as production wires it, on a real database; events come to it as an engine announces them.
import { createGateway, revocationsKept } from '../../gateway/main.ts'
import type { Bus } from '../../platform/bus/bus.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { createNatsBus } from '../../platform/bus/nats-bus.ts'
import { createMemoryConnectionCounts } from '../../platform/connections/memory-connection-counts.ts'
import { createMemoryCutoffs } from '../../platform/cutoffs/memory-cutoffs.ts'
import { createMemoryLimits } from '../../platform/limits/memory-limits.ts'
import { createMetrics } from '../../platform/metrics.ts'
import { createS3ObjectStore } from '../../platform/objects/s3-object-store.ts'
import { createPool } from '../../platform/postgres/pool.ts'
import { createMemoryPresence } from '../../platform/presence/memory-presence.ts'
import { systemClock as clock } from '../../platform/system-clock.ts'
import { lotEventsSubject } from '../../protocol/subjects.ts'
import { log } from '../givens.ts'
import type { Peer } from './peer.ts'
import type { Stage } from './words.ts'

type GatewayConfig = Parameters<typeof createGateway>[0]['config']

/** All clients come from one address, and nobody is turned away. */
const rates = {
  bidsPerUser: 'off',
  bidsPerUserAllLots: 'off',
  messagesPerUser: 'off',
  conversationsOpenedPerUser: 'off',
  typingPerUser: 'off',
  feedCommandsPerUser: 'off',
  requestsPerToken: 'off',
} as const
const connections = {
  commandsPerConnection: 'off',
  connectionsPerUserMax: 'off',
  connectionsPerAddressMax: 'off',
} as const
/** Nobody has an attachment. */
const noObjects = {
  endpoint: 'http://127.0.0.1:1',
  region: 'none',
  bucket: 'none',
  accessKeyId: 'none',
  secretAccessKey: 'none',
  pathStyle: true,
}
/** Higher than that of any engine, so that none is heard beside it. */
const epoch = 1_000_000

/** On a bus within the process: what the gateway does, and nothing that brings it events. */
export async function serveOutcry(stage: Stage): Promise<Peer> {
  return await serve(stage, createInProcessBus())
}

/** On a bus as in a fleet: events of a turn come back from NATS in one read. */
export async function serveOutcryOverNats(stage: Stage): Promise<Peer> {
  const { natsUrl } = stage
  const bus = createNatsBus({ servers: [natsUrl], prefix: 'outcry', name: 'bench', log })
  await bus.start()
  return await serve(stage, bus)
}

async function serve(stage: Stage, bus: Bus): Promise<Peer> {
  const config: GatewayConfig = {
    port: 0,
    trustProxy: false,
    allowedOrigins: 'any',
    anonymous: 'deny',
    tokens: { secret: stage.secret },
    devTokens: false,
    rates,
    connections,
  }
  const gateway = createGateway({
    config,
    nodeName: 'bench',
    version: '0',
    bus,
    pool: createPool(stage.databaseUrl, { log, applicationName: 'bench', max: 20 }),
    limits: createMemoryLimits(rates),
    presence: createMemoryPresence(),
    connectionCounts: createMemoryConnectionCounts(),
    cutoffs: createMemoryCutoffs(revocationsKept),
    objects: createS3ObjectStore(noObjects, clock),
    clock,
    log,
    metrics: createMetrics({ role: 'gateway' }),
  })
  await gateway.start()
  const { lotId } = stage
  const subject = lotEventsSubject(lotId)
  return {
    port: gateway.port,
    // As commits of their own, which all arrive in the next turn.
    publish(events) {
      for (const event of events) bus.publish(subject, { lotId, epoch, events: [event] })
    },
  }
}
