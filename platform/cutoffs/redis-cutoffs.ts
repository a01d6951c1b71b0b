// Cutoffs that every process hears of, also one which starts later: kept in Redis, and asked for twice
// a second, so that none is missed whatever else carries them. What Redis has forgotten is told to it again
// by whoever knows.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Timer } from '../clock.ts'
import type { Part } from '../lifecycle.ts'
import type { RedisConnection } from '../redis/connection.ts'
import type { NodeLease } from '../redis/node-lease.ts'
import type { Cutoffs, OnCutoff, Unlisten } from './cutoffs.ts'
import { KnownCutoffs } from './memory-cutoffs.ts'

export interface RedisCutoffsOptions {
  /** Of what, so that there can be several: `revocations`. */
  readonly of: string
  readonly redis: RedisConnection
  /** To be started before, and stopped after. */
  readonly lease: NodeLease
  readonly clock: Clock
  /** As long as the longest life of what is cut off. */
  readonly keepMs: number
  /** How many are kept, here and in Redis; those raised longest ago are forgotten first. */
  readonly keysMax: number
}

export interface RedisCutoffs extends Cutoffs, Part {}

const followIntervalMs = 500
/** Read in one turn. */
const heardAtOnce = 500
/** Written in one turn: so few that a busy Redis is done with them before they are given up. */
const toldAtOnce = 100

const raiseScript = readFileSync(join(import.meta.dirname, 'redis-cutoffs-raise.lua'), 'utf8')
const sinceScript = readFileSync(join(import.meta.dirname, 'redis-cutoffs-since.lua'), 'utf8')

export function createRedisCutoffs(options: RedisCutoffsOptions): RedisCutoffs {
  return new FollowedCutoffs(options)
}

class FollowedCutoffs implements RedisCutoffs {
  readonly name: string
  readonly #options: RedisCutoffsOptions
  /** In one slot of a cluster. */
  readonly #keys: readonly [string, string]
  /** All that were raised or heard of. */
  readonly #known: KnownCutoffs
  /** Those that Redis does not have yet. */
  #untold = new Set<string>()
  /** Up to when all is known, by the clock of Redis. */
  #followedToMs = 0
  #timer: Timer | undefined
  #following: Promise<void> | undefined

  constructor(options: RedisCutoffsOptions) {
    this.#options = options
    this.name = options.of
    this.#known = new KnownCutoffs(options)
    this.#keys = [`{cutoffs:${options.of}}:at`, `{cutoffs:${options.of}}:raised`]
    options.lease.onNewId(() => {
      // Redis was away, or has forgotten: everything is read and told anew.
      this.#followedToMs = 0
      for (const key of this.#known.keys()) this.#untold.add(key)
    })
  }

  raise(key: string, atMs: number): void {
    if (!this.#known.learn(key, atMs)) return
    this.#untold.add(key)
    void this.#follow()
  }

  at(key: string): number {
    return this.#known.at(key)
  }

  listen(listener: OnCutoff): Unlisten {
    return this.#known.listen(listener)
  }

  /** Resolves when what Redis has is known, or at once where it is away. */
  async start(): Promise<void> {
    await this.#follow()
    this.#timer = this.#options.clock.every(followIntervalMs, () => void this.#follow())
  }

  async drain(): Promise<void> {}

  async stop(): Promise<void> {
    this.#timer?.cancel()
    await this.#following
    await this.#follow()
  }

  /** Tells and hears what is new. What fails is tried again at the next beat. */
  #follow(): Promise<void> {
    this.#following ??= this.#exchange().finally(() => {
      this.#following = undefined
    })
    return this.#following
  }

  async #exchange(): Promise<void> {
    if (!this.#options.redis.ready()) return
    try {
      while (this.#untold.size > 0) await this.#tellSome()
      while (await this.#hearSome());
    } catch {
      // The connection says that Redis is away.
    }
  }

  async #tellSome(): Promise<void> {
    const { redis, keepMs, keysMax } = this.#options
    const some = [...this.#untold].slice(0, toldAtOnce)
    const tellings = some.map(async (key) => {
      const atMs = this.#known.at(key)
      // What was forgotten meanwhile has no cutoff that could be told.
      if (Number.isFinite(atMs)) {
        await redis.client.eval(raiseScript, 2, ...this.#keys, key, atMs, keepMs, keysMax)
      }
      // It may have been raised further meanwhile.
      if (this.#known.at(key) === atMs) this.#untold.delete(key)
    })
    await Promise.all(tellings)
  }

  /** Whether there may be more. */
  async #hearSome(): Promise<boolean> {
    const { client } = this.#options.redis
    const fromMs = this.#followedToMs
    const answer = await client.eval(sinceScript, 2, ...this.#keys, fromMs, heardAtOnce)
    const words = answer as string[]
    for (let at = 0; at + 2 < words.length; at += 3) {
      this.#known.learn(words[at] ?? '', Number(words[at + 1]))
      this.#followedToMs = Number(words[at + 2])
    }
    // More of one millisecond than are read in one turn would be read for ever.
    return words.length === 3 * heardAtOnce && this.#followedToMs > fromMs
  }
}
