// The bus between processes, on NATS: commands and events, nothing that must be kept. What gets lost
// (a server that restarts, a process that does not keep up) is healed from PostgreSQL by its numbers.
import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import { assert } from '../assert.ts'
import type { Clock } from '../clock.ts'
import type { Part } from '../lifecycle.ts'
import { systemClock } from '../system-clock.ts'
import type { Bus, BusMessage, ServeOptions, Unlisten } from './bus.ts'
import { readNatsAddress } from './nats-address.ts'
import { NatsArrivals } from './nats-arrivals.ts'
import { NatsLink } from './nats-link.ts'
import { type ListenHandler, NatsListeners } from './nats-listeners.ts'
import { createNatsMetrics } from './nats-metrics.ts'
import { encode } from './nats-payload.ts'
import { NatsRequests } from './nats-requests.ts'
import { NatsServers, type ServeHandler } from './nats-servers.ts'
import { assertSubject } from './subject-pattern.ts'

export interface NatsBusOptions {
  /** Addresses of the servers of one NATS cluster, as in NATS_URL. */
  readonly servers: readonly string[]
  /** The first token of every subject; clusters with different ones share a NATS and never meet. */
  readonly prefix: string
  /** What NATS's own monitoring calls this process. */
  readonly name: string
  readonly log: Logger
  readonly clock?: Clock
  /** Default: a registry that nobody reads. */
  readonly metrics?: Registry
  /** A number from 0 up to 1, for jitter. Default: `Math.random`. */
  readonly random?: () => number
  /**
   * Called when NATS is there again after it was away: what was published meanwhile was missed, and
   * what nothing follows would not be noticed as missing.
   */
  readonly onReturn?: () => void
  /** How long a subject stays subscribed after the last listener has left. Default: 5 s. */
  readonly lingerMs?: number
  /** Default: 15 s; a connection that died without a word is noticed after two or three of them. */
  readonly pingIntervalMs?: number
  /** Requests, or replies, of one turn that travel in one message. Default: 256; 1 gathers nothing. */
  readonly togetherMax?: number
}

/** A bus that starts and stops with the process. */
export interface NatsBus extends Bus, Part {
  /** Whether NATS is connected: without it nobody hears and nobody is asked. */
  ready(): boolean
}

const lingerMsDefault = 5_000
const pingIntervalMsDefault = 15_000
const togetherMaxDefault = 256

/**
 * Nothing is opened before `start`, which resolves when NATS is connected or the first attempt has failed;
 * then that is said, and tried for ever. `listen` and `serve` wait until NATS has the subscription.
 * @throws Failure where an address cannot be read
 */
export function createNatsBus(options: NatsBusOptions): NatsBus {
  return new BusOnNats(options)
}

class BusOnNats implements NatsBus {
  readonly name = 'nats'
  readonly #root: string
  readonly #log: Logger
  readonly #link: NatsLink
  readonly #listeners: NatsListeners
  readonly #requests: NatsRequests
  readonly #servers: NatsServers

  constructor(options: NatsBusOptions) {
    const { prefix, log, metrics: registry = new Registry(), clock = systemClock } = options
    assertSubject(prefix)
    this.#root = `${prefix}.`
    this.#log = log
    const arrivals = new NatsArrivals()
    const metrics = createNatsMetrics(registry, {
      isConnected: () => this.#link.isConnected,
      pending: () => arrivals.size,
      unconfirmedBytes: () => this.#link.unconfirmedBytes,
    })
    const link = new NatsLink(
      {
        address: readNatsAddress(options.servers),
        name: options.name,
        log,
        clock,
        random: options.random ?? Math.random,
        pingIntervalMs: options.pingIntervalMs ?? pingIntervalMsDefault,
        onReturn: options.onReturn ?? (() => {}),
      },
      metrics,
    )
    this.#link = link
    const togetherMax = options.togetherMax ?? togetherMaxDefault
    assert(togetherMax >= 1, 'at least one request travels in a message')
    const onUnreadable = () => metrics.dropped('unreadable')
    const common = { link, arrivals, root: this.#root, log, clock, togetherMax, onUnreadable }
    this.#listeners = new NatsListeners({
      ...common,
      lingerMs: options.lingerMs ?? lingerMsDefault,
    })
    this.#servers = new NatsServers(common)
    this.#requests = new NatsRequests({
      ...common,
      metrics,
      inbox: `${this.#root}reply.${randomBytes(12).toString('hex')}`,
    })
  }

  start(): Promise<void> {
    return this.#link.start()
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#requests.flush()
    this.#servers.flush()
    await this.#link.drain(signal)
  }

  stop(): Promise<void> {
    return this.#link.stop()
  }

  /** Whoever waits to be heard, or to hear, waits no more for a NATS that is away. */
  giveUp(): void {
    this.#link.giveUp()
  }

  ready(): boolean {
    return this.#link.isConnected
  }

  publish(subject: string, message: BusMessage): boolean {
    assertSubject(subject)
    const payload = encode(message)
    const obstacle = this.#link.send(this.#root + subject, payload)
    if (obstacle !== 'too_large') return obstacle === undefined
    this.#log.error({ subject, bytes: payload.length }, 'a message is larger than NATS takes')
    // Nor will it ever be smaller.
    return true
  }

  listen(subject: string, handler: ListenHandler): Promise<Unlisten> {
    return this.#listeners.listen(subject, handler)
  }

  request(subject: string, message: BusMessage, timeoutMs: number): Promise<BusMessage> {
    return this.#requests.request(subject, message, timeoutMs)
  }

  serve(subject: string, handler: ServeHandler, options?: ServeOptions): Promise<Unlisten> {
    return this.#servers.serve(subject, handler, options)
  }
}
