// The connection to Redis, which holds only what may vanish: nobody waits for it. A command fails at once
// while Redis is away, a process starts without it, and the connection is sought for ever.
import { Cluster, Redis } from 'ioredis'
import type { Part } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { Registry } from '../metrics.ts'
import { backoffMs } from '../retry.ts'
import { explainRedis } from './explain-redis.ts'
import { createRedisMetrics, type RedisMetrics } from './redis-metrics.ts'
import { parseRedisUrl, placeOf, type RedisAddress } from './redis-url.ts'

export interface RedisOptions {
  /** As of REDIS_URL: one Redis or a cluster. */
  readonly url: string
  readonly log: Logger
  /** Stands before every key, so that several Outcrys can share one Redis. Default: `outcry:`. */
  readonly keyPrefix?: string
  readonly metrics?: Registry
}

export interface RedisConnection extends Part {
  /** Its commands reject at once while Redis is away, and after half a second where it hangs. */
  readonly client: Redis | Cluster
  /** Whether a Redis that is new enough is connected. */
  ready(): boolean
}

/** Redis 6.2: the oldest with `ZADD … GT`, and two years past the end of its own care. */
const oldestVersion = [6, 2] as const
const connectTimeoutMs = 5_000
/** Longer than any command of ours takes, short beside the deadline of a bid. */
const commandTimeoutMs = 500
/** A server that took commands and says nothing for so long is given up, and sought anew. */
const silenceMs = 1_500
const reconnectDelays = { delayMsMin: 100, delayMsMax: 5_000 } as const

/**
 * Nothing is opened before the part is started; `start` resolves whether or not Redis is there.
 * @throws RangeError where `url` is none.
 */
export function createRedis(options: RedisOptions): RedisConnection {
  return new Connection(options, parseRedisUrl(options.url))
}

class Connection implements RedisConnection {
  readonly name = 'redis'
  readonly client: Redis | Cluster
  readonly #log: Logger
  readonly #place: string
  readonly #metrics: RedisMetrics | undefined
  #isReady = false
  /** Called once it is known whether the first connection will do. */
  #onFirst: (() => void) | undefined
  #lastError: Error | undefined
  /** Why it is away, as was said so far. */
  readonly #said = new Set<string>()
  #isTooOld = false
  #isStopping = false

  constructor({ log, metrics, keyPrefix = 'outcry:' }: RedisOptions, address: RedisAddress) {
    this.#log = log
    this.#place = placeOf(address)
    this.#metrics = metrics === undefined ? undefined : createRedisMetrics(metrics)
    this.client = clientOf(address, keyPrefix, (attempts) => this.#delayMs(attempts))
    this.client.on('error', (error: Error) => {
      this.#lastError = error
    })
    this.client.on('ready', () => {
      void this.#check().then(() => this.#onFirst?.())
    })
    this.client.on('close', () => this.#onClose())
  }

  ready(): boolean {
    return this.#isReady
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onFirst = resolve
      // Why it failed is told where the connection closes.
      this.client.connect().catch(() => resolve())
    })
  }

  async drain(): Promise<void> {}

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#setReady(false)
    this.client.disconnect()
  }

  #delayMs(attempts: number): number {
    if (this.#isTooOld) return reconnectDelays.delayMsMax
    return backoffMs(attempts, reconnectDelays, Math.random)
  }

  async #check(): Promise<void> {
    let version: string
    try {
      version = versionOf(await this.client.info('server'))
    } catch {
      // It went again; what follows is told by its closing.
      return
    }
    this.#isTooOld = isOlder(version, oldestVersion)
    if (this.#isTooOld) {
      this.#say(
        `The Redis at ${this.#place} is ${version}; Outcry needs ${oldestVersion.join('.')} or newer.`,
      )
      this.client.disconnect(true)
      return
    }
    this.#setReady(this.client.status === 'ready')
    if (!this.#isReady || this.#said.size === 0) return
    this.#said.clear()
    this.#log.info({ redis: this.#place }, 'Redis is back')
  }

  #onClose(): void {
    if (this.#isReady) this.#metrics?.lost.inc()
    this.#setReady(false)
    const error = this.#lastError
    this.#lastError = undefined
    if (!this.#isStopping && !this.#isTooOld) this.#say(explainRedis(error, this.#place))
  }

  #setReady(isReady: boolean): void {
    this.#isReady = isReady
    this.#metrics?.connected.set(Number(isReady))
  }

  /** Each reason once, however often it is met before Redis is back. */
  #say(reason: string): void {
    if (this.#said.has(reason)) return
    this.#said.add(reason)
    this.#log.warn({ reason }, 'Redis is away; trying again until it is back')
  }
}

function clientOf(
  address: RedisAddress,
  keyPrefix: string,
  delayMs: (attempts: number) => number,
): Redis | Cluster {
  const { nodes, isCluster, tls, database, username, password } = address
  const ofEach = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    socketTimeout: silenceMs,
    // What was under way when the connection went fails; whoever asked counts for itself.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    protocol: 2,
  } as const
  const ofAll = {
    keyPrefix,
    lazyConnect: true,
    enableOfflineQueue: false,
    // The commands of one turn travel together.
    enableAutoPipelining: true,
  } as const
  if (isCluster) {
    return new Cluster([...nodes], {
      ...ofAll,
      clusterRetryStrategy: delayMs,
      redisOptions: ofEach,
    })
  }
  return new Redis({ ...nodes[0], ...ofEach, ...ofAll, db: database, retryStrategy: delayMs })
}

function versionOf(info: string): string {
  return /^redis_version:(.+)$/mu.exec(info)?.[1]?.trim() ?? 'of an unknown version'
}

/** A server that does not say its version is taken for one that will do. */
function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [itsMajor = major, itsMinor = minor] = version.split('.').map(Number)
  return itsMajor < major || (itsMajor === major && itsMinor < minor)
}
