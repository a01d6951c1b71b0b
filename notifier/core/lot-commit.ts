// What the notifier reads of a lot: one commit of its log, as the engine wrote it.
import type { LotPublication } from '../../protocol/auction.ts'

/** One event of a lot's public history, and whom it concerns. */
export interface LotEntry {
  readonly seq: number
  /** When it was decided, epoch ms. */
  readonly atMs: number
  readonly publication: LotPublication
  /** User ids; never shown to anybody else. */
  readonly concerned: {
    /** Who stands outbid by this event: the leader before it, or its own bidder. */
    readonly outbid?: readonly string[]
    readonly winner?: string
  }
}

/** The events that one commit added to one lot. */
export interface LotCommit {
  readonly source: 'lot'
  readonly aggregateId: string
  readonly fromSeq: number
  readonly toSeq: number
  /** Those of `fromSeq` to `toSeq`, in order. */
  readonly entries: readonly LotEntry[]
  /** The alias that led before them, or null. */
  readonly leaderBefore: string | null
  /** Everybody with a standing bid, where the commit ended the lot; else nobody. */
  readonly bidders: readonly string[]
  /** Where the commit ended the lot. */
  readonly sellerId?: string
}
