// Presence over all processes. Each knows who is there on its own sockets and tells the others; whoever
// asks adds what the others told to what is known here. So a watcher more costs memory and nothing else,
// however many there are.
//
// Who is here is exact at once; of other processes it is up to a second old, and gone some seconds after
// a process died. Clients are always counted exactly; users who are in crowds on several processes within
// some in a hundred.
import type { Clock, Timer } from '../clock.ts'
import type { Part } from '../lifecycle.ts'
import type { RedisConnection } from '../redis/connection.ts'
import type { NodeLease } from '../redis/node-lease.ts'
import { MemoryPresence } from './memory-presence.ts'
import type { Presence, PresenceCounts, PresenceEntry } from './presence.ts'
import { countsKey, listKey, PresenceTeller, tellIntervalMs } from './presence-teller.ts'
import {
  clientsOf,
  entriesOf,
  readEntries,
  readTold,
  type Told,
  toldOf,
  usersBeyond,
} from './told-presence.ts'

export interface RedisPresenceOptions {
  readonly redis: RedisConnection
  /** To be started before, and stopped after. */
  readonly lease: NodeLease
  readonly clock: Clock
}

export interface RedisPresence extends Presence, Part {}

/** What the others told of a channel. */
interface Others {
  readonly told: ReadonlyMap<string, Told>
  readonly clients: number
  /** Users whom nobody here is. */
  readonly users: number
}

const alone: Others = { told: new Map(), clients: 0, users: 0 }

export function createRedisPresence(options: RedisPresenceOptions): RedisPresence {
  return new SharedPresence(options)
}

class SharedPresence implements RedisPresence {
  readonly name = 'presence'
  readonly #options: RedisPresenceOptions
  readonly #here = new MemoryPresence()
  readonly #teller: PresenceTeller
  /** What was read since the last beat, once for all who ask. */
  #readings = new Map<string, Promise<Others>>()
  #timer: Timer | undefined

  constructor(options: RedisPresenceOptions) {
    this.#options = options
    this.#teller = new PresenceTeller({ ...options, here: this.#here })
  }

  async start(): Promise<void> {
    this.#teller.start()
    this.#timer = this.#options.clock.every(tellIntervalMs, () => {
      this.#readings = new Map()
    })
  }

  async drain(): Promise<void> {}

  async stop(): Promise<void> {
    this.#timer?.cancel()
    await this.#teller.stop()
  }

  join(channel: string, entry: PresenceEntry): void {
    this.#here.join(channel, entry)
    this.#teller.noteChange(channel)
  }

  leave(channel: string, client: string): void {
    this.#here.leave(channel, client)
    this.#teller.noteChange(channel)
  }

  async counts(channel: string): Promise<PresenceCounts> {
    const others = await this.#others(channel)
    const { clients, users } = this.#here.countsNow(channel)
    return { clients: clients + others.clients, users: users + others.users }
  }

  async list(channel: string, limit: number): Promise<readonly PresenceEntry[]> {
    const listed = [...this.#here.listNow(channel, limit)]
    if (listed.length >= limit) return listed
    const { told } = await this.#others(channel)
    const hasCrowd = [...told.values()].some(({ kind }) => kind === 'crowd')
    const crowds = hasCrowd ? await this.#read(listKey(channel)) : {}
    for (const [id, each] of told) {
      const names = each.kind === 'few' ? entriesOf(each) : readEntries(crowds[id])
      listed.push(...names.slice(0, limit - listed.length))
    }
    return listed
  }

  #others(channel: string): Promise<Others> {
    const known = this.#readings.get(channel)
    if (known !== undefined) return known
    const reading = this.#readOthers(channel)
    this.#readings.set(channel, reading)
    return reading
  }

  async #readOthers(channel: string): Promise<Others> {
    const fields = await this.#read(countsKey(channel))
    const told = new Map<string, Told>()
    for (const id of await this.#alive(channel, Object.keys(fields))) {
      const each = readTold(fields[id])
      if (each !== undefined) told.set(id, each)
    }
    if (told.size === 0) return alone
    const all = [...told.values()]
    const { clients } = this.#here.countsNow(channel)
    const own = toldOf(this.#here.listNow(channel, clients))
    return {
      told,
      clients: all.reduce((sum, each) => sum + clientsOf(each), 0),
      users: usersBeyond(own, all),
    }
  }

  /** Those of `ids` who live, without this process; what the dead have left is removed. */
  async #alive(channel: string, ids: readonly string[]): Promise<readonly string[]> {
    const { lease, redis } = this.#options
    const others = ids.filter((id) => id !== lease.id)
    if (others.every((id) => lease.isAlive(id))) return others
    try {
      // Whoever is not known has come just now, or is gone.
      await lease.refresh()
    } catch {
      return []
    }
    const dead = others.filter((id) => !lease.isAlive(id))
    if (dead.length > 0) {
      for (const key of [countsKey(channel), listKey(channel)]) {
        redis.client.hdel(key, ...dead).catch(() => {})
      }
    }
    return others.filter((id) => lease.isAlive(id))
  }

  /** Nothing where Redis is away: then those here are all that is known. */
  async #read(key: string): Promise<Record<string, Buffer>> {
    const { redis } = this.#options
    if (!redis.ready()) return {}
    return await redis.client.hgetallBuffer(key).catch(() => ({}))
  }
}
