// The socket server as it runs, on a free port, with a store, a bus and a clock of the test's.
import { createMemoryConnectionCounts } from '../../../platform/connections/memory-connection-counts.ts'
import { createLogger } from '../../../platform/log.ts'
import { createMetrics, type Registry } from '../../../platform/metrics.ts'
import { createMemoryPresence } from '../../../platform/presence/memory-presence.ts'
import { VirtualClock } from '../../../platform/testing/virtual-clock.ts'
import { errorObject } from '../../../protocol/errors.ts'
import { createHub } from '../../fanout/hub.ts'
import { createTurn } from '../../fanout/turn.ts'
import type { Desk } from '../../ports/desk.ts'
import type { Revocations } from '../../ports/revocations.ts'
import { identity, noonMs } from '../../testing/people.ts'
import { ownRevocations } from '../../testing/revocations.ts'
import { FakeStreams } from '../../testing/streams.ts'
import { createSocketServer, type SocketServer, type SocketServerOptions } from '../server.ts'
import { WireClient, type WireClientOptions } from './wire-client.ts'

/** In the tests a token is the user's id; `bad`, `expired` and `broken` are what they say. */
export function deskOf(fields: Partial<Desk> = {}): Desk {
  return {
    admit: async (token) => {
      if (token === undefined) return { admitted: true, identity: undefined, data: {} }
      if (token === 'bad') return { admitted: false, close: 'invalid_token' }
      if (token === 'expired') return { admitted: false, error: errorObject('token_expired') }
      return { admitted: true, identity: identity(token), data: { hello: token } }
    },
    maySubscribe: async () => undefined,
    history: async () => ({ result: { publications: [], epoch: 'e', offset: 0 } }),
    presence: async () => ({ result: { presence: {} } }),
    presenceStats: async () => ({ result: { num_clients: 0, num_users: 0 } }),
    publish: async () => ({ error: errorObject('permission_denied') }),
    rpc: async (_, { data }) => ({ result: { data } }),
    ...fields,
  }
}

export interface Running {
  readonly server: SocketServer
  readonly streams: FakeStreams
  readonly revocations: Revocations
  readonly clock: VirtualClock
  readonly metrics: Registry
  /** The lines logged at level `error`. */
  readonly faults: readonly string[]
  client(options?: WireClientOptions): WireClient
  stop(): Promise<void>
}

export async function startSockets(options: Partial<SocketServerOptions> = {}): Promise<Running> {
  const streams = new FakeStreams()
  const clock = new VirtualClock(noonMs)
  const metrics = createMetrics({ role: 'test', ofProcess: false })
  const faults: string[] = []
  const log = createLogger({
    name: 'test',
    level: 'error',
    destination: { write: (line) => void faults.push(line) },
  })
  const turn = createTurn(log)
  const { lotBook, userFeed, talks, events } = streams
  const presence = createMemoryPresence()
  const connectionCounts = createMemoryConnectionCounts()
  const { revocations = ownRevocations() } = options
  const shared = { connectionCounts, turn, clock, log, metrics }
  const hub = createHub({
    ...shared,
    events,
    lotBook,
    userFeed,
    chatBook: talks.book,
    chatAir: { say: (said) => talks.line.tell(said.conversationId, said) },
    seesVisitors: () => false,
    presence,
    streamEpoch: 'e',
  })
  const server = createSocketServer({
    port: 0,
    host: '127.0.0.1',
    allowedOrigins: 'any',
    trustProxy: false,
    node: 'test-node',
    version: '0.0.0',
    limits: {
      commandsPerConnection: 'off',
      connectionsPerUserMax: 20,
      connectionsPerAddressMax: 'off',
    },
    desk: deskOf(),
    hub,
    ...shared,
    revocations,
    ...options,
  })
  await hub.start()
  await server.start()
  const clients: WireClient[] = []
  return {
    server,
    streams,
    revocations,
    clock,
    metrics,
    faults,
    client(clientOptions) {
      const client = new WireClient(server.port, clientOptions)
      clients.push(client)
      return client
    },
    async stop() {
      for (const client of clients) client.socket.terminate()
      await server.stop()
      await hub.stop()
    },
  }
}
