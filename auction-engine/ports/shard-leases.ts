// Who owns which shards. A lease is the right to decide; the epoch in it is what the journal checks.
import type { Lease } from './lot-journal.ts'

export interface ShardLeases {
  /**
   * Takes every shard that nobody holds: never taken, let go, expired, or this owner's own from before a
   * restart. `held` are left alone. Each taking has a higher epoch than any before it.
   */
  acquire(held: readonly number[]): Promise<readonly Lease[]>
  /** Prolongs the leases from now by their time to live. Returns those which still are this owner's. */
  renew(leases: readonly Lease[]): Promise<readonly Lease[]>
  /** Lets go, so that the next owner need not wait. Leases that are not this owner's any more are left. */
  release(leases: readonly Lease[]): Promise<void>
}
