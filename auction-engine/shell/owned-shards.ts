// Which shards this engine owns at the moment, under which epochs, and until when it may believe so.
import type { Lease } from '../ports/lot-journal.ts'

export class OwnedShards {
  readonly #epochs = new Map<number, number>()
  #admitsUntilMs = Number.NEGATIVE_INFINITY

  get leases(): readonly Lease[] {
    return [...this.#epochs].map(([shard, epoch]) => ({ shard, epoch }))
  }

  get size(): number {
    return this.#epochs.size
  }

  epochOf(shard: number): number | undefined {
    return this.#epochs.get(shard)
  }

  /** Whether a command may enter: the shard is ours, and nobody else can have taken it yet. */
  admits(shard: number, nowMs: number): boolean {
    return nowMs < this.#admitsUntilMs && this.#epochs.has(shard)
  }

  take({ shard, epoch }: Lease): void {
    this.#epochs.set(shard, epoch)
  }

  /** False where it was not ours, or ours again under another epoch. */
  lose({ shard, epoch }: Lease): boolean {
    return this.#epochs.get(shard) === epoch && this.#epochs.delete(shard)
  }

  /** On this process's clock. */
  admitUntil(ms: number): void {
    this.#admitsUntilMs = ms
  }
}
