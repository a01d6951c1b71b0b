// The WebSocket server: uWebSockets.js started, told what to do with sockets, drained and stopped.
import {
  App,
  SSLApp,
  type TemplatedApp,
  type us_listen_socket,
  us_socket_local_port,
  type WebSocket,
  type WebSocketBehavior,
} from 'uWebSockets.js'
import type { Clock, Timer } from '../../platform/clock.ts'
import type { ConnectionCounts } from '../../platform/connections/connection-counts.ts'
import { Failure } from '../../platform/failure.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Limit } from '../../platform/limits/limits.ts'
import type { Logger } from '../../platform/log.ts'
import type { Registry } from '../../platform/metrics.ts'
import { frameBytesMax } from '../../protocol/codec.ts'
import type { Hub } from '../fanout/hub.ts'
import type { Turn } from '../fanout/turn.ts'
import {
  admissionDeadlineMs,
  connectDeadlineMs,
  drainAnswersMs,
  errorsPerConnection,
  fileDescriptorsReserved,
  firstFrameBytesMax,
  firstSubscribeBytesMax,
  heldCommandsMax,
  pingIntervalMs,
  pongDeadlineMs,
  socketBufferBytesMax,
  socketIdleSeconds,
  subscriptionsPerConnectionMax,
  sweepIntervalMs,
  tokenGraceMs,
} from '../limits.ts'
import type { Desk } from '../ports/desk.ts'
import type { Unlisten } from '../ports/event-source.ts'
import type { Revocations } from '../ports/revocations.ts'
import type { Rate } from '../session/rate.ts'
import type { SessionRules } from '../session/session.ts'
import type { Connection, ConnectionContext, SocketData } from './connection.ts'
import { drainRoster } from './drain.ts'
import { fileDescriptorLimit } from './file-descriptors.ts'
import { createEdgeMetrics } from './metrics.ts'
import { createOriginOf } from './origin.ts'
import { Roster } from './roster.ts'
import { Rounds } from './rounds.ts'
import { upgrade } from './upgrade.ts'

export interface SocketServerOptions {
  /** 0 takes any free port; `port` of the part tells which. */
  readonly port: number
  /** Default: every address of the machine. */
  readonly host?: string
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
  /** Origins that browsers may come from; clients that send no `Origin` are no browsers. */
  readonly allowedOrigins: readonly string[] | 'any'
  /** Believe a proxy in front about the client's address. */
  readonly trustProxy: boolean
  /** Name and version of this gateway, told in the connect reply. */
  readonly node: string
  readonly version: string
  readonly limits: {
    readonly commandsPerConnection: Limit | 'off'
    readonly connectionsPerUserMax: number | 'off'
    readonly connectionsPerAddressMax: number | 'off'
  }
  readonly desk: Desk
  readonly hub: Hub
  readonly turn: Turn
  readonly revocations: Revocations
  /** Over all gateways. */
  readonly connectionCounts: ConnectionCounts
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  /** Puts the HTTP API on the same port; called before the server listens. */
  readonly mountHttp?: (app: TemplatedApp) => void
}

/**
 * Starting listens, draining sends every client to another gateway, stopping closes what is left. It
 * listens until it is stopped: a load balancer that asks `/readyz` must be told, and whoever tries to
 * connect meanwhile gets a 503 and not a dead port.
 */
export interface SocketServer extends Part {
  /** The port in use; 0 until started. */
  readonly port: number
  /** False before the start and from the beginning of the drain: `/readyz` says the same. */
  readonly takesTraffic: boolean
  /** Open sockets. */
  readonly connections: number
}

const socketPath = '/connection/websocket'

/** A port that another process has is an error, and not to be shared with it unawares. */
const exclusively = 1

/** @throws Failure from `start` where the port or the certificate cannot be had. */
export function createSocketServer(options: SocketServerOptions): SocketServer {
  const { clock, hub } = options
  const roster = new Roster<Connection>({
    counts: options.connectionCounts,
    connectionsMax: Math.max(1, fileDescriptorLimit() - fileDescriptorsReserved),
    perUserMax: bound(options.limits.connectionsPerUserMax),
    perAddressMax: bound(options.limits.connectionsPerAddressMax),
  })
  const context: ConnectionContext = {
    ...options,
    rules: sessionRules(options),
    metrics: createEdgeMetrics(options.metrics),
    roster,
    rounds: new Rounds(clock.nowMs()),
  }
  let app: TemplatedApp | undefined
  let port = 0
  let takesTraffic = false
  let sweeper: Timer | undefined
  let unlisten: Unlisten | undefined

  return {
    name: 'sockets',
    get port() {
      return port
    },
    get takesTraffic() {
      return takesTraffic
    },
    get connections() {
      return roster.size
    },
    async start() {
      const started = createApp(options)
      app = started
      const originOf = createOriginOf({ ...options, secure: options.tls !== undefined })
      const upgrading = { ...options, originOf, takesTraffic: () => takesTraffic }
      started.ws(socketPath, behavior(context, upgrading))
      options.mountHttp?.(started)
      hub.publishBy((topic, frame, binary) => void started.publish(topic, frame, binary))
      unlisten = options.revocations.listen((revocation) => {
        for (const connection of roster.of(revocation.userId)) connection.revoke(revocation)
      })
      sweeper = clock.every(sweepIntervalMs, () => sweep(context))
      port = us_socket_local_port(await listening(started, options))
      takesTraffic = true
    },
    async drain(signal) {
      takesTraffic = false
      await drainRoster(roster, clock, signal)
    },
    async stop() {
      takesTraffic = false
      sweeper?.cancel()
      unlisten?.()
      // Turns that are still to end find nobody to publish to.
      hub.publishBy(() => {})
      app?.close()
      app = undefined
    },
  }
}

function sweep({ rounds, clock }: ConnectionContext): void {
  const nowMs = clock.nowMs()
  rounds.sweep(nowMs, (connection) => {
    try {
      return connection.sweep(nowMs)
    } catch (error) {
      connection.broke(error)
      return Infinity
    }
  })
}

const bound = (max: number | 'off'): number => (max === 'off' ? Infinity : max)

function sessionRules({ node, version, limits }: SocketServerOptions): SessionRules {
  return {
    node,
    version,
    connectDeadlineMs,
    admissionDeadlineMs,
    firstFrameBytesMax,
    firstSubscribeBytesMax,
    pingIntervalMs,
    pongDeadlineMs,
    tokenGraceMs,
    drainAnswersMs,
    subscriptionsMax: subscriptionsPerConnectionMax,
    heldCommandsMax,
    commands: rateOf(limits.commandsPerConnection),
    errors: rateOf(errorsPerConnection),
  }
}

function rateOf(limit: Limit | 'off'): Rate {
  if (limit === 'off') return { intervalMs: 0, burst: 1 }
  const { points, windowMs, burst } = limit
  return { intervalMs: windowMs / points, burst: burst ?? points }
}

function createApp({ tls }: SocketServerOptions): TemplatedApp {
  if (tls === undefined) return App()
  try {
    return SSLApp({ cert_file_name: tls.certFile, key_file_name: tls.keyFile })
  } catch (cause) {
    throw new Failure(`TLS_CERT ${tls.certFile} and TLS_KEY ${tls.keyFile} cannot be used.`, {
      hint: 'Both must be readable PEM files that belong together.',
      cause,
    })
  }
}

function listening(
  app: TemplatedApp,
  { port, host }: SocketServerOptions,
): Promise<us_listen_socket> {
  return new Promise((resolve, reject) => {
    const done = (socket: us_listen_socket | false): void => {
      if (socket !== false) resolve(socket)
      else reject(cannotListen(port, host))
    }
    // The declarations know neither a host together with options nor the options as a value.
    const { listen } = app as unknown as Listens
    const where = host === undefined ? ([port] as const) : ([host, port] as const)
    listen.call(app, ...where, exclusively, done)
  })
}

interface Listens {
  readonly listen: (...where: readonly unknown[]) => void
}

function cannotListen(port: number, host: string | undefined): Failure {
  const where = host === undefined ? '' : ` on ${host}`
  return new Failure(
    `PORT ${port}${where} cannot be used: another process listens there already, or the system refuses it.`,
    { hint: 'Set PORT to a free port, or to 0 for any free one.' },
  )
}

/** What uWebSockets.js tells goes to the connection it is about. */
function behavior(
  context: ConnectionContext,
  options: Parameters<typeof upgrade>[4],
): WebSocketBehavior<SocketData> {
  return {
    maxPayloadLength: frameBytesMax,
    maxBackpressure: socketBufferBytesMax,
    idleTimeout: socketIdleSeconds,
    // A client's own pong would hide that nobody reads our messages behind it.
    sendPingsAutomatically: false,
    upgrade: (res, req, socketContext) => upgrade(res, req, socketContext, context, options),
    open: (ws) => about(ws, (connection) => connection.opened(ws)),
    message: (ws, message) => about(ws, (connection) => connection.received(message)),
    ping: (ws) => about(ws, (connection) => connection.pinged()),
    dropped: (ws) => about(ws, (connection) => connection.dropped()),
    drain: (ws) => about(ws, (connection) => connection.drained()),
    close: (ws) => about(ws, (connection) => connection.closed()),
  }
}

function about(ws: WebSocket<SocketData>, tell: (connection: Connection) => void): void {
  const { connection } = ws.getUserData()
  guarded(connection, tell)
}

/** What is thrown out of a handler ends the process; here it ends the connection it was about. */
function guarded(connection: Connection, tell: (connection: Connection) => void): void {
  try {
    tell(connection)
  } catch (error) {
    connection.broke(error)
  }
}
