// Which committed events are still to be told. Rows are left there by the journal, one per batch and lot.
import type { LotPublication } from '../../protocol/auction.ts'

/** The events of one row, as stored. */
export interface UntoldEvents {
  readonly outboxId: number
  readonly lotId: string
  readonly epoch: number
  /** The row's first seq. Where `events` begin later, their first stands for what was left out. */
  readonly fromSeq: number
  /** In order of seq; at least one. */
  readonly events: readonly { readonly seq: number; readonly publication: LotPublication }[]
}

export interface LotOutbox {
  markPublished(outboxIds: readonly number[]): Promise<void>
  /** Rows committed before `beforeMs` and not yet published, oldest first; of a long row its newest events. */
  unpublished(beforeMs: number, limit: number): Promise<readonly UntoldEvents[]>
  /** When the oldest unpublished row was committed; undefined where there is none. */
  oldestUnpublishedMs(): Promise<number | undefined>
  /** Deletes rows that everybody has dealt with, at most `limit`. Returns how many. */
  prune(limit: number): Promise<number>
}
