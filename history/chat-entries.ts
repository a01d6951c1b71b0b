// What is recorded of chat: on the clients' side as it goes by, and from the database at the end.
import type { ChatEventType, ChatOutcome } from '../protocol/chat.ts'

/** One sending of a message (or of another command that makes one), and what came of it. */
export interface ChatAttempt {
  readonly conversationId: string
  readonly actorId: string
  readonly clientMessageId: string
  /** As it is kept, where that is to be compared. */
  readonly text?: string
  readonly sentAtMs: number
  /** On the same clock as `sentAtMs`. */
  readonly answeredAtMs: number
  /** Undefined where none came, though the command may have arrived. */
  readonly answer: ChatOutcome | undefined
}

/** A publication as a watcher got it. */
export interface ChatSeen {
  readonly watcher: string
  readonly conversationId: string
  readonly seq: number
  readonly type: ChatEventType
  /** Of its message, where it has one. */
  readonly messageId?: string
}

/** A row of `conversation_events`; those of one conversation in order of seq. */
export interface StoredChatEvent {
  readonly conversationId: string
  readonly seq: number
  readonly type: ChatEventType
  readonly messageId?: string
}

/** A row of `messages`; those of one conversation in order of seq, held ones anywhere. */
export interface StoredMessage {
  readonly conversationId: string
  readonly messageId: string
  /** Undefined while it is held for review. */
  readonly seq: number | undefined
  readonly senderId: string
  /** Undefined where no client asked for it. */
  readonly clientMessageId: string | undefined
  readonly state: 'visible' | 'held' | 'deleted'
  /** Undefined where it was changed since, or is not to be compared. */
  readonly text?: string
  /** Members who do not count it: they have hidden it, or blocked its sender. */
  readonly hiddenFrom?: readonly string[]
}

/** How many messages a member has not read, as it is told. */
export interface UnreadCount {
  readonly conversationId: string
  readonly userId: string
  readonly readSeq: number
  readonly unread: number
}
