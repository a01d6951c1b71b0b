// For how long chat is kept, and how a user's words are erased.
import type { ConversationKind } from '../../protocol/chat.ts'

export interface Thinned {
  /** Conversations that were looked at. */
  readonly conversations: number
  /** Messages that went. */
  readonly messages: number
}

export interface MessageRef {
  readonly conversationId: string
  readonly messageId: string
}

/** Each is one transaction and may be called by several stores at once. @throws the database's error. */
export interface ChatKeeping {
  /** Makes room for the month of `nowMs` and the `months` after it. Returns how many were made. */
  preparePartitions(nowMs: number, months: number): Promise<number>
  /** Takes the words of new messages into the search index, so that no commit has to. */
  foldSearch(): Promise<void>
  /** Deletes what is older than `beforeMs` in at most `conversationsMax` conversations of the kind, except under legal hold. */
  thin(kind: ConversationKind, beforeMs: number, conversationsMax: number): Promise<Thinned>
  /** Removes the months before `beforeMs` that hold nothing any more. */
  dropEmptyPartitions(beforeMs: number): Promise<number>
  /** Users whose erasure is asked for, not done, and to be looked at by `nowMs`; longest waiting first. */
  erasuresToDo(nowMs: number, limit: number): Promise<readonly string[]>
  /**
   * Messages of the user which still say something and may be erased, at most `limit`, in the order of
   * their ids after `afterId`. An accepted offer is a contract of two: only words beside it count.
   */
  messagesToErase(
    userId: string,
    afterId: string | undefined,
    limit: number,
  ): Promise<readonly MessageRef[]>
  /**
   * Once no message is left: erases former texts, quotes, drafts and notes, and marks the erasure as
   * done. False where something of the user is under legal hold: then it is to be looked at again
   * `againMs` later.
   */
  eraseTraces(userId: string, nowMs: number, againMs: number): Promise<boolean>
}
