// Where conversations are kept. A batch is decided upon what `read` gave, and written only where that
// still holds.
import type { ConversationChange } from '../core/change.ts'
import type { Facts } from '../core/conversation.ts'

/** What the commands of a batch need to know of one conversation. */
export interface FactsWanted {
  readonly conversationId: string
  readonly userIds: readonly string[]
  readonly messageIds: readonly string[]
  readonly attachmentIds: readonly string[]
  readonly caseIds: readonly string[]
  readonly commands: readonly { readonly actorId: string; readonly commandId: string }[]
  /** Slow mode may begin with these commands, so when the users last spoke is to be known already. */
  readonly mayStartSlowMode: boolean
  /** Who spoke before this, epoch ms, need not pause any more; when that was is not to be known. */
  readonly spokeFromMs: number
}

export interface ChatBatch {
  /** Of the attempt: writing it again is harmless. */
  readonly batchId: string
  readonly atMs: number
  /** Each conversation once. */
  readonly changes: readonly ConversationChange[]
  /**
   * The first answers to the commands were not all asked for: where one of a conversation's was answered
   * before, the conversation conflicts. Otherwise such an answer is a fault that can not be stored.
   */
  readonly answersUnread?: boolean
}

export type ConversationVerdict =
  /** `outboxId` is the row left for its events, where it had any. */
  | { readonly type: 'committed'; readonly outboxId: number | undefined }
  /** It does not stand as it was decided upon; nothing of it was written. Read and decide again. */
  | { readonly type: 'conflict' }

export type ChatCommitResult =
  /** One verdict for each change, in their order. */
  | { readonly type: 'done'; readonly verdicts: readonly ConversationVerdict[] }
  /** Nothing was written. */
  | { readonly type: 'failed'; readonly cause: unknown }
  /** It may have been written or not: writing the same batch again tells. */
  | { readonly type: 'in_doubt'; readonly cause: unknown }
  /** Something in it can never be written. Nothing was. */
  | { readonly type: 'unstorable'; readonly cause: unknown }

export interface ChatLog {
  /** The facts in the order asked, each conversation's at one instant. @throws the database's error */
  read(wanted: readonly FactsWanted[]): Promise<readonly Facts[]>
  /**
   * One call: locks the conversations' rows in the order of their ids, writes those that stand at the
   * version they were decided upon, and leaves an outbox row for each that has events. A conversation with a
   * guest who is silenced conflicts; a guest who is a member already stays as it is. Never throws.
   */
  commit(batch: ChatBatch): Promise<ChatCommitResult>
  /** Conversations with something due before `beforeMs`, at most `limit`. */
  due(beforeMs: number, limit: number): Promise<readonly string[]>
  close(): Promise<void>
}
