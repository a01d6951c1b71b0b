// The leases of a store in memory, of all owners.
import type { Clock } from '../../platform/clock.ts'
import type { Lease } from '../ports/lot-journal.ts'
import type { FormerOwner, ShardLeases, TakenShard, Wish } from '../ports/shard-leases.ts'

interface LeaseRecord {
  readonly owner: string | null
  readonly epoch: number
  readonly expiresAtMs: number
  readonly servedAtMs: number | undefined
}

export interface MemoryLeaseOptions {
  readonly owner: string
  readonly shardCount: number
  readonly leaseMs: number
}

/** One table of leases; each owner has its view of it. */
export class MemoryLeases {
  readonly #clock: Clock
  readonly #leases = new Map<number, LeaseRecord>()
  /** Until when each engine is thought to be there. */
  readonly #engines = new Map<string, number>()
  /** True while the leases can not be asked. */
  fail = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  epochOf(shard: number): number | undefined {
    return this.#leases.get(shard)?.epoch
  }

  /** Lets the leases that are held run out. */
  expire(): void {
    for (const [shard, lease] of this.#leases) {
      this.#leases.set(shard, { ...lease, expiresAtMs: Number.NEGATIVE_INFINITY })
    }
  }

  of(options: MemoryLeaseOptions): ShardLeases {
    const { owner } = options
    const asked = <Args extends readonly unknown[], Result>(
      answer: (...args: Args) => Result,
    ): ((...args: Args) => Promise<Result>) => {
      return async (...args) => {
        if (this.fail) throw new Error('leases that were made to fail')
        return answer(...args)
      }
    }
    return {
      acquire: asked((held, wish) => this.#acquire(options, held, wish)),
      renew: asked((leases, unserved) => this.#renew(options, leases, unserved)),
      release: asked((leases: readonly Lease[], servedAgoMs?: number) => {
        const nowMs = this.#clock.nowMs()
        for (const [shard, record] of this.#minePairs(owner, leases)) {
          const servedAtMs = servedAgoMs === undefined ? record.servedAtMs : nowMs - servedAgoMs
          this.#leases.set(shard, { ...record, owner: null, expiresAtMs: nowMs, servedAtMs })
        }
      }),
      attend: asked((forMs: number) => {
        this.#engines.set(owner, this.#clock.nowMs() + forMs)
        return 1 + this.#others(owner)
      }),
      leave: asked(() => {
        this.#engines.delete(owner)
        return this.#others(owner)
      }),
    }
  }

  #acquire(
    { owner, shardCount, leaseMs }: MemoryLeaseOptions,
    held: readonly number[],
    { shardsMax = shardCount, freeForMs = 0 }: Wish = {},
  ): TakenShard[] {
    const nowMs = this.#clock.nowMs()
    const taken: TakenShard[] = []
    for (let shard = 0; shard < shardCount && taken.length < shardsMax; shard += 1) {
      const before = this.#leases.get(shard)
      if (held.includes(shard) || !isFree(before, owner, nowMs, freeForMs)) continue
      const epoch = (before?.epoch ?? 0) + 1
      const servedAtMs = before?.servedAtMs
      this.#leases.set(shard, { owner, epoch, expiresAtMs: nowMs + leaseMs, servedAtMs })
      const awayMs = servedAtMs === undefined ? undefined : nowMs - servedAtMs
      taken.push({ shard, epoch, from: formerOf(before, owner), awayMs })
    }
    return taken
  }

  #renew(
    { owner, leaseMs }: MemoryLeaseOptions,
    leases: readonly Lease[],
    unserved: readonly number[] = [],
  ): Lease[] {
    const nowMs = this.#clock.nowMs()
    return this.#minePairs(owner, leases).map(([shard, record]) => {
      const servedAtMs = unserved.includes(shard) ? record.servedAtMs : nowMs
      this.#leases.set(shard, { ...record, expiresAtMs: nowMs + leaseMs, servedAtMs })
      return { shard, epoch: record.epoch }
    })
  }

  #minePairs(owner: string, leases: readonly Lease[]): [number, LeaseRecord][] {
    return leases.flatMap(({ shard, epoch }): [number, LeaseRecord][] => {
      const record = this.#leases.get(shard)
      return record?.owner === owner && record.epoch === epoch ? [[shard, record]] : []
    })
  }

  #others(owner: string): number {
    const nowMs = this.#clock.nowMs()
    return [...this.#engines].filter(([name, untilMs]) => name !== owner && untilMs > nowMs).length
  }
}

function isFree(
  lease: LeaseRecord | undefined,
  owner: string,
  nowMs: number,
  freeForMs: number,
): boolean {
  if (lease === undefined || lease.owner === owner) return true
  const isUnheld = lease.owner === null || lease.expiresAtMs < nowMs
  return isUnheld && lease.expiresAtMs <= nowMs - freeForMs
}

function formerOf(lease: LeaseRecord | undefined, owner: string): FormerOwner {
  if (lease === undefined) return 'nobody'
  if (lease.owner === null) return 'given_up'
  return lease.owner === owner ? 'itself' : 'lapsed'
}
