// A process among the others. What it keeps in Redis carries its name and counts as long as its lease
// holds, so that all of it vanishes with the process, by one key instead of one per entry.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Timer } from '../clock.ts'
import type { Part } from '../lifecycle.ts'
import type { RedisConnection } from './connection.ts'

export interface NodeLeaseOptions {
  readonly redis: RedisConnection
  /** For people who look into Redis: the host, or the pod. */
  readonly node: string
  readonly clock: Clock
  /** Default: 4 s; three renewals may be lost. */
  readonly leaseMs?: number
}

export interface NodeLease extends Part {
  /**
   * The name under which this process writes; undefined until it has a lease. After a lease was lost (the
   * process stood still, Redis was away or has forgotten) the name is a new one: a name never comes back,
   * so whatever carries one that is not alive may be deleted by anybody.
   */
  readonly id: string | undefined
  /** As was heard last, at most a second ago. */
  isAlive(id: string): boolean
  /** The other names that were heard last. */
  others(): readonly string[]
  /** Hears anew who is alive. Rejects where Redis is away. */
  refresh(): Promise<void>
  /** Calls `listener` each time there is a new name, under which all has to be written again. */
  onNewId(listener: () => void): void
}

const leaseMsDefault = 4_000
const renewalsPerLease = 4
const key = 'nodes'
const script = readFileSync(join(import.meta.dirname, 'node-lease.lua'), 'utf8')

export function createNodeLease(options: NodeLeaseOptions): NodeLease {
  return new Lease(options)
}

class Lease implements NodeLease {
  readonly name = 'node lease'
  readonly #options: NodeLeaseOptions
  readonly #leaseMs: number
  readonly #listeners: (() => void)[] = []
  #id: string | undefined
  #alive: ReadonlySet<string> = new Set()
  #beat: Promise<void> | undefined
  #timer: Timer | undefined

  constructor(options: NodeLeaseOptions) {
    this.#options = options
    this.#leaseMs = options.leaseMs ?? leaseMsDefault
  }

  get id(): string | undefined {
    return this.#id
  }

  isAlive(id: string): boolean {
    return this.#alive.has(id)
  }

  others(): readonly string[] {
    return [...this.#alive].filter((id) => id !== this.#id)
  }

  onNewId(listener: () => void): void {
    this.#listeners.push(listener)
  }

  refresh(): Promise<void> {
    this.#beat ??= this.#renewOrBegin().finally(() => {
      this.#beat = undefined
    })
    return this.#beat
  }

  /** Resolves whether or not Redis is there. */
  async start(): Promise<void> {
    const beat = async () => {
      // The connection says that Redis is away.
      await this.refresh().catch(() => {})
    }
    await beat()
    this.#timer = this.#options.clock.every(this.#leaseMs / renewalsPerLease, () => void beat())
  }

  async drain(): Promise<void> {}

  async stop(): Promise<void> {
    this.#timer?.cancel()
    await this.#beat?.catch(() => {})
    const id = this.#id
    this.#id = undefined
    if (id !== undefined) await this.#options.redis.client.zrem(key, id).catch(() => {})
  }

  async #renewOrBegin(): Promise<void> {
    if (this.#id !== undefined && (await this.#run(this.#id, 'renew'))) return
    const id = `${this.#options.node}/${randomBytes(6).toString('base64url')}`
    await this.#run(id, 'begin')
    this.#id = id
    for (const listener of this.#listeners) listener()
  }

  async #run(id: string, verb: 'begin' | 'renew'): Promise<boolean> {
    const { client } = this.#options.redis
    const answer = await client.eval(script, 1, key, id, this.#leaseMs, verb)
    const [held, alive] = answer as [number, string[]]
    this.#alive = new Set(alive)
    return held === 1
  }
}
