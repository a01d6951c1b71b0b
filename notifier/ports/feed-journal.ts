// Where commits wait to be told, and where what was told is kept.
import type { UserEvents } from '../../protocol/notifications.ts'
import type { Derivable } from '../core/commit.ts'
import type { Derived, Source } from '../core/notice.ts'

/** A commit that could not be derived. It is recorded, left aside, and holds nobody else up. */
export interface Underivable {
  readonly outboxId: number
  readonly source: Source
  /** The lot or the conversation. */
  readonly aggregateId: string
  readonly fromSeq: number
  readonly toSeq: number
  readonly fault: unknown
}

export interface Told {
  /** Commits that are done with, those which told nobody anything included. */
  readonly commits: number
  /** What each user is to be told, in order of seq, and what changed of what was told; committed. */
  readonly feeds: readonly UserEvents[]
  readonly underivable: readonly Underivable[]
  /** When the oldest of the commits was made, epoch ms; undefined where there was none. */
  readonly oldestAtMs: number | undefined
  /** Whether commits are left: more than one pass takes, or in the hands of another notifier. */
  readonly left: boolean
  /** Lots of which commits were told, all that waited, and by how many notifications. */
  readonly lots: ReadonlyMap<string, number>
}

export interface FeedJournal {
  /**
   * Takes the oldest commits that nobody was told of, as many as one pass may and none of the lots that
   * `resting` names, derives what they tell, and in one transaction adds it to the users' feeds, redacts what
   * was told before, and marks the commits as told. Commits to one lot that follow each other are derived as
   * one stretch. Each cause is told once, those of one lot or conversation in their order, and a feed's seqs
   * have no gap, however many notifiers call this at once. A commit on which `derive` throws is recorded and
   * counts as told.
   * @throws the database's error, when nothing was told.
   */
  tell(derive: (read: Derivable) => Derived, resting?: readonly string[]): Promise<Told>
}
