// Which committed events of conversations are still to be told.
import type { ChatEvent } from '../../protocol/chat-store.ts'

export interface UntoldChatEvents {
  readonly outboxId: number
  readonly conversationId: string
  /** All events of the row, in order of seq; at least one, unless retention took them. */
  readonly events: readonly ChatEvent[]
}

export interface ChatOutbox {
  markPublished(outboxIds: readonly number[]): Promise<void>
  /** Rows committed before `beforeMs` and not yet published, oldest first. */
  unpublished(beforeMs: number, limit: number): Promise<readonly UntoldChatEvents[]>
  /** When the oldest unpublished row was committed; undefined where there is none. */
  oldestUnpublishedMs(): Promise<number | undefined>
  /** Deletes rows that everybody has dealt with, at most `limit`. Returns how many. */
  prune(limit: number): Promise<number>
}
