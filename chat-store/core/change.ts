// What a batch makes of one conversation, as it is to be stored.
import type { ChatEventType, ChatPublication, MessageView } from '../../protocol/chat.ts'
import type { Answered, Conversation, Member, StoredMessage } from './conversation.ts'

export interface LoggedEvent {
  readonly seq: number
  readonly atMs: number
  readonly type: ChatEventType
  readonly actorId: string
  readonly messageId?: string
  /** What the publication says besides type, seq, at and the message. */
  readonly detail: Pick<ChatPublication, 'reaction' | 'receipt' | 'conversation'>
}

/** The first answer to a command, and by whose which id it is known. */
export interface AnswerRow extends Answered {
  readonly actorId: string
  readonly commandId: string
}

/** What a message said before. */
export interface MessageVersionRow {
  readonly messageId: string
  readonly fromMs: number
  readonly toMs: number
  readonly actorId: string
  readonly view: MessageView
}

/** A message that a user has deleted for itself. */
export interface HideRow {
  readonly userId: string
  readonly messageId: string
}

/** A user's reactions on a message; none where they were taken back. */
export interface ReactionRow {
  readonly messageId: string
  readonly userId: string
  readonly emoji: readonly string[]
}

/** An attachment that was sent, and the message that holds it. */
export interface AttachmentSent {
  readonly attachmentId: string
  readonly messageId: string
}

export interface CaseOpened {
  readonly caseId: string
  readonly kind: 'held' | 'report'
  readonly messageId?: string
  readonly reportedBy?: string
  readonly reason?: string
  readonly note?: string
  readonly rules: readonly string[]
}

export interface CaseDecided {
  readonly caseId: string
  readonly decision: string
  readonly decidedBy: string
}

/** What a moderator, or the house, has done. */
export interface LogEntry {
  readonly moderatorId: string
  readonly action: string
  readonly caseId?: string
  readonly userId?: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** Rows that are new or changed; of a row that changed several times its last state. */
export interface ConversationChange {
  /** As it stands afterwards, but with the version that it was decided upon. */
  readonly conversation: Conversation
  /** When something must happen by itself next, epoch ms. */
  readonly dueMs: number | undefined
  readonly members: readonly Member[]
  /** New members of a room of whom nothing was known: they may be there already, and they may be silenced. */
  readonly guests: readonly Member[]
  /** New ones. */
  readonly messages: readonly StoredMessage[]
  /** Those that were stored before. */
  readonly changedMessages: readonly StoredMessage[]
  readonly events: readonly LoggedEvent[]
  readonly answers: readonly AnswerRow[]
  readonly versions: readonly MessageVersionRow[]
  readonly hides: readonly HideRow[]
  readonly reactions: readonly ReactionRow[]
  readonly attachments: readonly AttachmentSent[]
  readonly casesOpened: readonly CaseOpened[]
  readonly casesDecided: readonly CaseDecided[]
  readonly log: readonly LogEntry[]
}
