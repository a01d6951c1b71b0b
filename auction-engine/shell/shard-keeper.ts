// Takes shards and keeps them: renews the leases in time, notices which were lost, takes what others let
// go or left behind, and gives everything back at the end.

import { type Beat, beat } from '../../platform/beat.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { heartbeatMs, leaseSafetyMs } from '../limits.ts'
import type { Lease } from '../ports/lot-journal.ts'
import type { ShardLeases } from '../ports/shard-leases.ts'
import type { OwnedShards } from './owned-shards.ts'

export interface ShardKeeperOptions {
  readonly leases: ShardLeases
  readonly shards: OwnedShards
  readonly clock: Clock
  readonly log: Logger
  readonly shardCount: number
  readonly leaseMs: number
  /** Brings newly taken shards to work; until it is done nobody is served. */
  readonly onTaken: (leases: readonly Lease[]) => Promise<void>
  /** Their lots have, or may have, another owner from now on. */
  readonly onLost: (lease: Lease) => void
}

export class ShardKeeper {
  readonly #options: ShardKeeperOptions
  #renewing: Beat | undefined
  #acquiring: Beat | undefined

  constructor(options: ShardKeeperOptions) {
    this.#options = options
  }

  /** Takes what is free. Resolves when the shards taken are at work. */
  async start(): Promise<void> {
    // Renewal comes first: bringing many lots into memory may take longer than a lease lasts.
    this.#renewing = beat('renew leases', heartbeatMs, () => this.#renew(), this.#options)
    await this.#acquire()
    this.#acquiring = beat('acquire shards', heartbeatMs, () => this.#acquire(), this.#options)
  }

  /** Takes no more shards. Those held are still renewed. */
  async settle(): Promise<void> {
    await this.#acquiring?.stop()
  }

  /** Gives everything back, so that the next owner need not wait. */
  async release(): Promise<void> {
    await this.stop()
    const { leases, shards } = this.#options
    await leases.release(shards.leases)
  }

  /** Ends all of it, and lets the leases run out. */
  async stop(): Promise<void> {
    await Promise.all([this.#acquiring?.stop(), this.#renewing?.stop()])
  }

  /** The journal, or a renewal, says that the shard has another owner. */
  lose(lease: Lease): void {
    const { shards, log, onLost } = this.#options
    if (!shards.lose(lease)) return
    log.warn(lease, 'a shard was lost to another owner')
    onLost(lease)
  }

  async #acquire(): Promise<void> {
    const { leases, shards, clock, log, shardCount, leaseMs, onTaken, onLost } = this.#options
    if (shards.size === shardCount) return
    const askedAtMs = clock.nowMs()
    const taken = await leases.acquire(shards.leases.map(({ shard }) => shard))
    if (taken.length === 0) return
    for (const lease of taken) shards.take(lease)
    if (shards.size === taken.length) this.#holdFrom(askedAtMs, leaseMs)
    try {
      await onTaken(taken)
    } catch (error) {
      // Better nobody's for a second than ours and silent: the next beat takes them again.
      for (const lease of taken) if (shards.lose(lease)) onLost(lease)
      throw error
    }
    log.info({ taken: taken.length, owned: shards.size }, 'shards taken')
  }

  async #renew(): Promise<void> {
    const { leases, shards, clock, leaseMs } = this.#options
    const before = shards.leases
    if (before.length === 0) return
    const askedAtMs = clock.nowMs()
    const renewed = await leases.renew(before)
    const still = new Map(renewed.map(({ shard, epoch }) => [shard, epoch]))
    for (const lease of before) if (still.get(lease.shard) !== lease.epoch) this.lose(lease)
    this.#holdFrom(askedAtMs, leaseMs)
  }

  /** The lease counts from when it was asked for: the database granted it no earlier. */
  #holdFrom(askedAtMs: number, leaseMs: number): void {
    this.#options.shards.admitUntil(askedAtMs + leaseMs - leaseSafetyMs)
  }
}
