// The WebSocket server.
import type { TemplatedApp } from 'uWebSockets.js'
import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Limit } from '../../platform/limits/limits.ts'
import type { Logger } from '../../platform/log.ts'
import type { Registry } from '../../platform/metrics.ts'
import type { Hub } from '../fanout/hub.ts'
import type { Turn } from '../fanout/turn.ts'
import type { Desk } from '../ports/desk.ts'
import type { EventSource } from '../ports/event-source.ts'

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
  readonly events: EventSource
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  /** Puts the HTTP API on the same port; called before the server listens. */
  readonly mountHttp?: (app: TemplatedApp) => void
}

/** Starting listens, draining sends every client to another gateway, stopping closes what is left. */
export interface SocketServer extends Part {
  /** The port in use; 0 until started. */
  readonly port: number
  /** False before the start and from the beginning of the drain: `/readyz` says the same. */
  readonly takesTraffic: boolean
  /** Open sockets, for the operator's eyes. */
  readonly connections: number
}

/** @throws Failure from `start` where the port cannot be had. */
export declare function createSocketServer(options: SocketServerOptions): SocketServer
