// Which shards this engine owns at the moment, under which epochs, and until when it may believe so.
import type { Lease } from '../ports/lot-journal.ts'

/** From the taking until the lots are in memory; while commands are answered; while they are given up. */
type Stage = 'taken' | 'served' | 'leaving'

interface Owned {
  readonly epoch: number
  admitsUntilMs: number
  stage: Stage
}

export class OwnedShards {
  readonly #owned = new Map<number, Owned>()
  #admitUntilMs = Number.POSITIVE_INFINITY

  get leases(): readonly Lease[] {
    return [...this.#owned].map(([shard, { epoch }]) => ({ shard, epoch }))
  }

  get size(): number {
    return this.#owned.size
  }

  /** Until when all of them may be believed to be ours, on this process's clock; infinity where none is. */
  get admitUntilMs(): number {
    return this.#admitUntilMs
  }

  in(stage: Stage): readonly Lease[] {
    return this.leases.filter(({ shard }) => this.#owned.get(shard)?.stage === stage)
  }

  epochOf(shard: number): number | undefined {
    return this.#owned.get(shard)?.epoch
  }

  /** Whether a command may enter: the shard is ours, and nobody else can have taken it yet. */
  admits(shard: number, nowMs: number): boolean {
    const owned = this.#owned.get(shard)
    return owned !== undefined && nowMs < owned.admitsUntilMs
  }

  take(leases: readonly Lease[], admitsUntilMs: number): void {
    for (const { shard, epoch } of leases) {
      this.#owned.set(shard, { epoch, admitsUntilMs, stage: 'taken' })
    }
    this.#reckon()
  }

  /** The leases were prolonged. Those which are not ours any more are left alone. */
  prolong(leases: readonly Lease[], admitsUntilMs: number): void {
    for (const { shard, epoch } of leases) {
      const owned = this.#owned.get(shard)
      if (owned?.epoch === epoch) owned.admitsUntilMs = admitsUntilMs
    }
    this.#reckon()
  }

  move(shard: number, stage: Stage): void {
    const owned = this.#owned.get(shard)
    if (owned !== undefined) owned.stage = stage
  }

  /** False where it was not ours, or ours again under another epoch. */
  lose({ shard, epoch }: Lease): boolean {
    if (this.#owned.get(shard)?.epoch !== epoch) return false
    this.#owned.delete(shard)
    this.#reckon()
    return true
  }

  #reckon(): void {
    let earliestMs = Number.POSITIVE_INFINITY
    for (const { admitsUntilMs } of this.#owned.values()) {
      earliestMs = Math.min(earliestMs, admitsUntilMs)
    }
    this.#admitUntilMs = earliestMs
  }
}
