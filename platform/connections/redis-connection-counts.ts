// Connection counts over all processes. Each writes its own count of a key under its name, so that the
// counts of a process that dies vanish with its lease, and lets in by the sum.
//
// A process that has begun within the last second may be left out of the sum. Without Redis each process
// lets in by its own count.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Timer } from '../clock.ts'
import type { Part } from '../lifecycle.ts'
import type { RedisConnection } from '../redis/connection.ts'
import type { NodeLease } from '../redis/node-lease.ts'
import type { ConnectionCounts } from './connection-counts.ts'
import { OwnCounts } from './memory-connection-counts.ts'

export interface RedisConnectionCountsOptions {
  readonly redis: RedisConnection
  /** To be started before, and stopped after. */
  readonly lease: NodeLease
  readonly clock: Clock
}

export interface RedisConnectionCounts extends ConnectionCounts, Part {}

/** How often what could not be written is tried again. */
const retryIntervalMs = 1_000
/** Written in one turn. */
const writtenAtOnce = 500
/** A count is forgotten unless it is written again. */
const forgottenAfterMs = 15 * 60_000
const writtenAgainAfterMs = 5 * 60_000

const script = readFileSync(join(import.meta.dirname, 'redis-connection-counts.lua'), 'utf8')
const keyOf = (key: string): string => `connections:${key}`

export function createRedisConnectionCounts(
  options: RedisConnectionCountsOptions,
): RedisConnectionCounts {
  return new SharedCounts(options)
}

class SharedCounts implements RedisConnectionCounts {
  readonly name = 'connection counts'
  readonly #options: RedisConnectionCountsOptions
  readonly #own = new OwnCounts()
  /** Keys whose own count Redis does not have. */
  #unwritten = new Set<string>()
  #timers: readonly Timer[] = []
  #writing: Promise<void> | undefined

  constructor(options: RedisConnectionCountsOptions) {
    this.#options = options
    options.lease.onNewId(() => this.#writeAllAgain())
  }

  /** The sum decides; where it cannot be known, the own count has decided. */
  enter(key: string, max: number): boolean | Promise<boolean> {
    if (this.#own.of(key) >= max) return false
    const count = this.#own.add(key)
    const { redis, lease } = this.#options
    if (lease.id !== undefined && redis.ready()) return this.#enterAll(lease.id, key, count, max)
    this.#unwritten.add(key)
    return true
  }

  add(key: string): void {
    this.#own.add(key)
    this.#write(key)
  }

  leave(key: string): void {
    this.#own.remove(key)
    this.#write(key)
  }

  /** The commands of one turn travel together; a key may lie on any node of a cluster. */
  async held(keys: readonly string[]): Promise<readonly number[]> {
    const { redis, lease } = this.#options
    if (lease.id === undefined || !redis.ready()) throw new Error('Redis is away')
    const others = lease.others()
    if (others.length === 0) return keys.map((key) => this.#own.of(key))
    return await Promise.all(
      keys.map(async (key) => {
        const counts = await redis.client.hmget(keyOf(key), ...others)
        return counts.reduce((sum, count) => sum + Number(count), this.#own.of(key))
      }),
    )
  }

  async start(): Promise<void> {
    const { clock } = this.#options
    this.#timers = [
      clock.every(retryIntervalMs, () => void this.#writeUnwritten()),
      clock.every(writtenAgainAfterMs, () => this.#writeAllAgain()),
    ]
  }

  async drain(): Promise<void> {}

  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel()
    await this.#writing
    await this.#writeUnwritten()
  }

  async #enterAll(id: string, key: string, count: number, max: number): Promise<boolean> {
    const { redis, lease } = this.#options
    const words = [id, count, max, forgottenAfterMs, ...lease.others()]
    try {
      if ((await redis.client.eval(script, 1, keyOf(key), ...words)) === 1) return true
    } catch {
      this.#unwritten.add(key)
      return true
    }
    // Whatever was written meanwhile, for another one that was refused or has gone, counted this one.
    this.#own.remove(key)
    this.#write(key)
    return false
  }

  #write(key: string): void {
    void this.#writeNow(key)
  }

  async #writeNow(key: string): Promise<void> {
    const { redis, lease } = this.#options
    const { id } = lease
    const count = this.#own.of(key)
    try {
      if (id === undefined || !redis.ready()) throw new Error('Redis is away')
      if (count === 0) {
        await redis.client.hdel(keyOf(key), id)
        return
      }
      await Promise.all([
        redis.client.hset(keyOf(key), id, count),
        redis.client.pexpire(keyOf(key), forgottenAfterMs),
      ])
    } catch {
      this.#unwritten.add(key)
    }
  }

  #writeAllAgain(): void {
    for (const [key] of this.#own) this.#unwritten.add(key)
  }

  #writeUnwritten(): Promise<void> {
    this.#writing ??= this.#writeEach().finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  async #writeEach(): Promise<void> {
    if (!this.#options.redis.ready()) return
    const keys = [...this.#unwritten]
    this.#unwritten = new Set()
    for (let from = 0; from < keys.length; from += writtenAtOnce) {
      await Promise.all(
        keys.slice(from, from + writtenAtOnce).map(async (key) => await this.#writeNow(key)),
      )
    }
  }
}
