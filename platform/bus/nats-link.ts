// The connection to NATS: it comes up whenever the server does, comes back for ever, and keeps what the
// bus wants to hear subscribed through all of it. Nothing waits for NATS without a bound: what cannot be
// sent now is refused now.
import {
  connect,
  ErrorCode,
  Events,
  type Msg,
  type NatsConnection,
  NatsError,
  type Status,
  type Subscription,
} from 'nats'
import type { Logger } from 'pino'
import type { Clock } from '../clock.ts'
import type { Failure } from '../failure.ts'
import { type RetryDelays, retrying } from '../retry.ts'
import { untilAborted } from '../until-aborted.ts'
import type { NatsAddress } from './nats-address.ts'
import { explainNats, tooOld } from './nats-explain.ts'
import { NatsFlow } from './nats-flow.ts'
import type { DropReason, NatsMetrics } from './nats-metrics.ts'

export interface NatsLinkOptions {
  readonly address: NatsAddress
  /** What the server's monitoring calls this connection. */
  readonly name: string
  readonly log: Logger
  readonly clock: Clock
  readonly random: () => number
  /** A dead connection is noticed after two to three of these. */
  readonly pingIntervalMs: number
  /** Called when the connection is back: what was published meanwhile was missed. */
  readonly onReturn: () => void
}

/** Something the bus wants to hear, from `subscribe` to `unsubscribe` or `leave`. */
export interface Wish {
  readonly subject: string
  readonly queue?: string | undefined
  /** Called for each message. */
  onMessage(message: Msg): void
  /** Kept by the link: the subscription on the connection of the moment. */
  live: Subscription | undefined
  /** Kept by the link: why the server does not let this process hear it. */
  denied: Error | undefined
}

/** Anything between, each time anew, so that a whole cluster does not come back in one moment. */
const delays: RetryDelays = { delayMsMin: 100, delayMsMax: 1_000 }
const connectTimeoutMs = 5_000
const pingsOutMax = 2
/** Subjects that are forbidden are told in the log up to this number. */
const saidDeniedMax = 20

export class NatsLink {
  readonly #options: NatsLinkOptions
  readonly #metrics: NatsMetrics
  readonly #place: string
  readonly #ending = new AbortController()
  readonly #wishes = new Set<Wish>()
  readonly #flow = new NatsFlow()
  #connection: NatsConnection | undefined
  #connected = Promise.withResolvers<void>()
  #isConnected = false
  #isGivenUp = false
  #generation = 0
  #awaySinceMs: number | undefined
  #said: string | undefined
  readonly #saidDenied = new Set<string>()
  #gatheredSync: Promise<number> | undefined

  constructor(options: NatsLinkOptions, metrics: NatsMetrics) {
    this.#options = options
    this.#metrics = metrics
    this.#place = options.address.servers.join(', ')
    this.#connected.promise.catch(() => {})
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  /** Rises with each connection; what was confirmed in an older one must be confirmed again. */
  get generation(): number {
    return this.#generation
  }

  get unconfirmedBytes(): number {
    return this.#flow.unconfirmedBytes
  }

  /** Of one message, by the server of the moment. */
  get payloadBytesMax(): number {
    return this.#connection?.info?.max_payload ?? 0
  }

  /** Resolves when the first attempt has ended; where it failed, that was said and others follow. */
  async start(): Promise<void> {
    const failed = Promise.withResolvers<void>()
    await Promise.race([this.#connectUntilDone(failed.resolve), failed.promise])
  }

  /** Waits until what was sent has arrived. */
  async drain(signal: AbortSignal): Promise<void> {
    if (this.#isConnected) await untilAborted(signal, this.#flow.flushed()).catch(() => {})
  }

  /** From now on nobody waits for a NATS that is away: `synced` rejects until it is back. */
  giveUp(): void {
    this.#isGivenUp = true
    if (!this.#isConnected) this.#connected.reject(givenUp())
  }

  async stop(): Promise<void> {
    if (this.#ending.signal.aborted) return
    const reason = new Error('the bus has stopped')
    this.#ending.abort(reason)
    this.#isConnected = false
    this.#connected.reject(reason)
    this.#flow.end(reason)
    await this.#connection?.close()
  }

  /** Hands a payload to NATS, or says why not; what could not be handed over is counted. */
  send(subject: string, payload: Uint8Array, reply?: string): DropReason | undefined {
    const obstacle = this.#obstacle(payload)
    if (obstacle !== undefined) {
      this.#metrics.dropped(obstacle)
      return obstacle
    }
    this.#connection?.publish(subject, payload, reply === undefined ? undefined : { reply })
    this.#metrics.sent()
    this.#flow.sent(payload.length)
    return undefined
  }

  subscribe(wish: Wish): void {
    this.#wishes.add(wish)
    if (this.#connection?.isClosed() === false) this.#subscribeOn(this.#connection, wish)
  }

  unsubscribe(wish: Wish): void {
    if (!this.#wishes.delete(wish)) return
    wish.live?.unsubscribe()
    wish.live = undefined
  }

  /** As `unsubscribe`, but hears what the server sends before it knows. */
  leave(wish: Wish): void {
    if (!this.#wishes.delete(wish)) return
    // It fails where the connection does, and then there is nothing left to leave.
    wish.live?.drain().catch(() => {})
    wish.live = undefined
  }

  /**
   * Resolves when the server has all subscriptions made before, with the generation it has them in;
   * while NATS is away, that is after it came back. Rejects when the link is given up or stopped.
   */
  synced(): Promise<number> {
    // A thousand channels opened in one turn are one question to the server.
    this.#gatheredSync ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#gatheredSync = undefined
      return this.#sync()
    })
    return this.#gatheredSync
  }

  async #sync(): Promise<number> {
    for (;;) {
      await this.#connected.promise
      const generation = this.#generation
      try {
        await this.#flow.flushed()
        return generation
      } catch {
        this.#ending.signal.throwIfAborted()
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  }

  async #connectUntilDone(onFailure: () => void): Promise<void> {
    const { clock, random } = this.#options
    const { signal } = this.#ending
    try {
      await retrying(() => this.#connect(), {
        classify: () => delays,
        clock,
        random,
        signal,
        onRetry: ({ error }) => {
          this.#say(explainNats(error, this.#place))
          onFailure()
        },
      })
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  async #connect(): Promise<void> {
    const { address, name, random, pingIntervalMs } = this.#options
    const connection = await connect({
      ...address,
      servers: [...address.servers],
      name,
      timeout: connectTimeoutMs,
      pingInterval: pingIntervalMs,
      maxPingOut: pingsOutMax,
      maxReconnectAttempts: -1,
      // Credentials may be put right while this process runs.
      ignoreAuthErrorAbort: true,
      reconnectDelayHandler: () =>
        delays.delayMsMin + random() * (delays.delayMsMax - delays.delayMsMin),
      noAsyncTraces: true,
    })
    const fault = tooOld(connection.info?.version ?? '', this.#place)
    if (fault !== undefined || this.#ending.signal.aborted) {
      await connection.close()
      if (fault !== undefined) throw fault
      return
    }
    this.#connection = connection
    for (const wish of this.#wishes) this.#subscribeOn(connection, wish)
    void this.#watch(connection)
    this.#arrived(connection)
  }

  /** Lives as long as the connection, which survives any number of losses. */
  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) this.#heed(status, connection)
    if (this.#ending.signal.aborted) return
    // The client library has given this connection up; the link has not.
    this.#lost()
    await this.#connectUntilDone(() => {})
  }

  #heed(status: Status, connection: NatsConnection): void {
    if (status.type === Events.Disconnect) this.#lost()
    else if (status.type === Events.Reconnect) this.#arrived(connection)
    else if (status.type !== Events.Error) return
    else if (this.#isConnected) this.#sayDenied(status)
    else this.#say(explainNats(errorOf(status), this.#place))
  }

  #lost(): void {
    if (!this.#isConnected) return
    this.#isConnected = false
    this.#awaySinceMs = this.#options.clock.nowMs()
    this.#connected = Promise.withResolvers<void>()
    this.#connected.promise.catch(() => {})
    if (this.#isGivenUp) this.#connected.reject(givenUp())
    this.#flow.end(new Error('the connection to NATS was lost'))
    this.#metrics.lost()
    this.#options.log.warn(
      { servers: this.#place },
      'NATS is away; nothing is sent until it is back, which is tried for ever',
    )
  }

  #arrived(connection: NatsConnection): void {
    if (this.#isConnected || this.#ending.signal.aborted) return
    const { log, clock, onReturn } = this.#options
    this.#isConnected = true
    this.#generation += 1
    this.#flow.begin(connection)
    this.#said = undefined
    const server = connection.getServer()
    const version = connection.info?.version ?? ''
    if (this.#awaySinceMs === undefined) {
      log.info({ server, version }, 'connected to NATS')
    } else {
      const awayMs = clock.nowMs() - this.#awaySinceMs
      log.info({ server, version, awayMs }, 'NATS is back')
      const fault = tooOld(version, this.#place)
      if (fault !== undefined) this.#say(fault)
    }
    // Whoever was not to wait for it has been turned away; those who come now need not wait.
    if (this.#isGivenUp) this.#connected = Promise.withResolvers()
    this.#connected.resolve()
    if (this.#generation > 1) onReturn()
  }

  #subscribeOn(connection: NatsConnection, wish: Wish): void {
    wish.denied = undefined
    wish.live = connection.subscribe(wish.subject, {
      ...(wish.queue === undefined ? {} : { queue: wish.queue }),
      callback: (error, message) => {
        if (error !== null) {
          wish.denied = error
          return
        }
        this.#metrics.received()
        // What is thrown into the client library ends its reading, and says nothing.
        try {
          wish.onMessage(message)
        } catch (err) {
          this.#options.log.error({ err, subject: wish.subject }, 'a message cannot be taken')
        }
      },
    })
  }

  #obstacle(payload: Uint8Array): DropReason | undefined {
    if (!this.#isConnected || this.#connection?.isClosed() !== false) return 'away'
    if (payload.length > this.payloadBytesMax) return 'too_large'
    return this.#flow.isBackedUp ? 'backed_up' : undefined
  }

  /** Each thing once, until it changes. */
  #say(failure: Failure): void {
    if (failure.message === this.#said || this.#ending.signal.aborted) return
    this.#said = failure.message
    this.#options.log.warn(
      { hint: failure.hint },
      `${failure.message} Trying again until it works.`,
    )
  }

  /** Each subject once, and only so many: what is forbidden once is asked again and again. */
  #sayDenied({ permissionContext }: Status): void {
    if (permissionContext === undefined) return
    const { operation, subject } = permissionContext
    if (this.#saidDenied.has(subject) || this.#saidDenied.size >= saidDeniedMax) return
    this.#saidDenied.add(subject)
    this.#options.log.error(
      { hint: 'Let its user publish and subscribe on everything under the prefix of the bus.' },
      `NATS forbids this process a ${operation} on ${subject}.`,
    )
  }
}

function givenUp(): Error {
  return new Error('NATS is away, and nobody waits for it any more')
}

function errorOf({ data }: Status): NatsError {
  const code = typeof data === 'string' ? data : ErrorCode.Unknown
  return new NatsError(code, code)
}
