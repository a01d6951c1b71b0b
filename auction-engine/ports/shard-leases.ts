// Who owns which shards. A lease is the right to decide; the epoch in it is what the journal checks.
import type { Lease } from './lot-journal.ts'

/**
 * From whom a shard was taken: from nobody, as the first; from an owner that gave it up, or whose lease
 * ran out; or from this one, before it was started anew.
 */
export type FormerOwner = 'nobody' | 'given_up' | 'lapsed' | 'itself'

export interface TakenShard extends Lease {
  readonly from: FormerOwner
  /** How long nobody has decided for its lots, as far as that is known; undefined where nobody ever did. */
  readonly awayMs: number | undefined
}

export interface Wish {
  /** At most so many. Default: all there are. */
  readonly shardsMax?: number
  /** None that has not been free for so long; its own from before a restart all the same. Default: 0. */
  readonly freeForMs?: number
}

export interface ShardLeases {
  /**
   * Takes shards that nobody holds: never taken, let go, expired, or this owner's own from before a
   * restart. `held` are left alone. Each taking has a higher epoch than any before it.
   */
  acquire(held: readonly number[], wish?: Wish): Promise<readonly TakenShard[]>
  /**
   * Prolongs the leases from now by their time to live. Returns those which still are this owner's.
   * Nobody decides yet for the lots of those that are `unserved`.
   */
  renew(leases: readonly Lease[], unserved?: readonly number[]): Promise<readonly Lease[]>
  /**
   * Lets go, so that the next owner need not wait. Leases that are not this owner's any more are left.
   * `servedAgoMs` is when this owner last decided for them; undefined where it never did.
   */
  release(leases: readonly Lease[], servedAgoMs?: number): Promise<void>
  /** Says that this engine is there, for the next `forMs`. Returns how many there are, itself included. */
  attend(forMs: number): Promise<number>
  /** Says that it is not there any more. Returns how many others are. */
  leave(): Promise<number>
}
