// Tells the other processes, in Redis, who is on which channel here: a few times a second, what has
// changed, in one piece per channel.
import type { Clock, Timer } from '../clock.ts'
import type { RedisConnection } from '../redis/connection.ts'
import type { NodeLease } from '../redis/node-lease.ts'
import type { MemoryPresence } from './memory-presence.ts'
import { fewMax, tellCrowd, tellEntries, tellFew } from './told-presence.ts'
import { sketchOf } from './user-sketch.ts'

export interface PresenceTellerOptions {
  readonly redis: RedisConnection
  readonly lease: NodeLease
  readonly clock: Clock
  /** Who is here. */
  readonly here: MemoryPresence
}

export const tellIntervalMs = 250
/** How often the names in a crowd are told anew; its number is told with every change. */
const crowdIntervalMs = 2_000
/** Told of a crowd for lists; more names than anybody reads. */
const listedMax = 500
/** Written in one turn, so that a crowd of reconnecting people does not hold up their answers. */
const writtenAtOnce = 500
/** A channel is forgotten unless it is told again; what a dead process has left may stay so long. */
const forgottenAfterMs = 15 * 60_000
const toldAgainAfterMs = 5 * 60_000

/** Who is on a channel, by process. */
export const countsKey = (channel: string): string => `presence:${channel}`
/** Names of the crowds on a channel, by process. */
export const listKey = (channel: string): string => `presence-list:${channel}`

/** What was told of a channel where somebody is. */
interface Telling {
  toldAtMs: number
  /** The users of a crowd as they were when its names were told last. */
  sketch: Uint8Array | undefined
}

export class PresenceTeller {
  readonly #options: PresenceTellerOptions
  readonly #tellings = new Map<string, Telling>()
  #changed = new Set<string>()
  /** Crowds that have changed since their names were told. */
  readonly #crowdsBehind = new Set<string>()
  #timers: readonly Timer[] = []
  #telling: Promise<void> | undefined

  constructor(options: PresenceTellerOptions) {
    this.#options = options
    options.lease.onNewId(() => {
      for (const channel of this.#tellings.keys()) this.#tellAnew(channel)
    })
  }

  /** Somebody came to a channel here, or left it. */
  noteChange(channel: string): void {
    this.#changed.add(channel)
    if (this.#tellings.has(channel)) return
    this.#tellings.set(channel, { toldAtMs: 0, sketch: undefined })
  }

  start(): void {
    const { clock } = this.#options
    this.#timers = [
      clock.every(tellIntervalMs, () => void this.#tell()),
      clock.every(crowdIntervalMs, () => {
        for (const channel of this.#crowdsBehind) this.#tellAnew(channel)
        this.#crowdsBehind.clear()
      }),
      clock.every(toldAgainAfterMs / 10, () => this.#tellOldAgain()),
    ]
  }

  /** Tells what has changed last: that everybody has left. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel()
    await this.#telling
    await this.#tell()
  }

  #tellAnew(channel: string): void {
    const telling = this.#tellings.get(channel)
    if (telling === undefined) return
    telling.sketch = undefined
    this.#changed.add(channel)
  }

  #tellOldAgain(): void {
    const beforeMs = this.#options.clock.nowMs() - toldAgainAfterMs
    for (const [channel, { toldAtMs }] of this.#tellings) {
      if (toldAtMs <= beforeMs) this.#tellAnew(channel)
    }
  }

  #tell(): Promise<void> {
    this.#telling ??= this.#tellChanges().finally(() => {
      this.#telling = undefined
    })
    return this.#telling
  }

  /** What cannot be told now stays to be told. */
  async #tellChanges(): Promise<void> {
    const { redis, lease } = this.#options
    const { id } = lease
    if (id === undefined || !redis.ready()) return
    const changed = [...this.#changed]
    this.#changed = new Set()
    for (let from = 0; from < changed.length; from += writtenAtOnce) {
      const those = changed.slice(from, from + writtenAtOnce)
      const tellings = those.map(async (channel) => {
        await this.#tellOf(channel, id).catch(() => this.#changed.add(channel))
      })
      await Promise.all(tellings)
    }
  }

  async #tellOf(channel: string, id: string): Promise<void> {
    const { here, redis, clock } = this.#options
    const { client } = redis
    const counts = here.countsNow(channel)
    const telling = this.#tellings.get(channel)
    if (telling === undefined || counts.clients === 0) {
      this.#tellings.delete(channel)
      await Promise.all([client.hdel(countsKey(channel), id), client.hdel(listKey(channel), id)])
      return
    }
    telling.toldAtMs = clock.nowMs()
    if (counts.clients <= fewMax) {
      await this.#put(countsKey(channel), id, tellFew(here.listNow(channel, fewMax)))
      return
    }
    if (telling.sketch !== undefined) {
      this.#crowdsBehind.add(channel)
      await this.#put(countsKey(channel), id, tellCrowd(counts, telling.sketch))
      return
    }
    const entries = here.listNow(channel, counts.clients)
    telling.sketch = sketchOf(entries.map(({ user }) => user))
    await Promise.all([
      this.#put(countsKey(channel), id, tellCrowd(counts, telling.sketch)),
      this.#put(listKey(channel), id, tellEntries(entries.slice(0, listedMax))),
    ])
  }

  async #put(key: string, id: string, told: Buffer): Promise<void> {
    const { client } = this.#options.redis
    await Promise.all([client.hset(key, id, told), client.pexpire(key, forgottenAfterMs)])
  }
}
