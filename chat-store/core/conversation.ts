// A conversation as the core knows it while it decides: what was read for one batch of commands, and
// what the commands before have made of it.
import type { AttachmentView, ChatAccepted, MemberRole, MessageView } from '../../protocol/chat.ts'
import type { ConversationTerms } from '../../protocol/chat-store.ts'

export interface Conversation {
  readonly conversationId: string
  readonly terms: ConversationTerms
  readonly createdAtMs: number
  /** As stored; 0 for one that is not stored yet. */
  readonly version: number
  readonly lastSeq: number
  readonly lastMessageId?: string
  /** 0 where nothing was said yet. */
  readonly lastMessageSeq: number
  readonly lastMessageAtMs: number
  readonly slowModeMs: number
  /** The message of the offer that is open. */
  readonly openOfferId?: string
  readonly legalHold: boolean
}

export interface Member {
  readonly userId: string
  readonly role: MemberRole
  readonly joinedSeq: number
  readonly deliveredSeq: number
  readonly readSeq: number
  /** What the others were told last, and when (0: never). */
  readonly toldDeliveredSeq: number
  readonly toldReadSeq: number
  readonly toldAtMs: number
  readonly mutedUntilMs?: number
  readonly archived: boolean
  readonly pinned: boolean
  readonly draft?: string
  /** By a moderator, in this conversation. */
  readonly silencedUntilMs?: number
}

/** What counts for a user in every conversation. */
export interface Person {
  readonly hidesReadMarks: boolean
  /** By a moderator, everywhere. */
  readonly silencedUntilMs?: number
  /** Those of the conversation's members whom it has blocked. */
  readonly blocks: ReadonlySet<string>
}

export interface StoredMessage {
  /** `seq` is 0 while the message is held. */
  readonly view: MessageView
  readonly state: 'visible' | 'held' | 'deleted'
  /** Since when it says what it says: sent or last edited. */
  readonly sinceMs: number
}

export interface Attachment extends AttachmentView {
  readonly conversationId: string
  readonly ownerId: string
  readonly state: 'pending' | 'ready' | 'refused'
  /** With `refused`. */
  readonly refusal?: 'attachment_type' | 'attachment_too_large'
}

export interface OpenCase {
  readonly caseId: string
  readonly kind: 'held' | 'report'
  readonly messageId?: string
}

/** The first answer to a command, and what the command said. */
export interface Answered {
  readonly fingerprint: string
  readonly reply: ChatAccepted
}

/** Everything the commands of a batch may ask about one conversation. What is not there does not exist. */
export interface Facts {
  readonly conversationId: string
  readonly conversation: Conversation | undefined
  /** All of a direct or order conversation; in a room those who act, and the senders of the messages below. */
  readonly members: ReadonlyMap<string, Member>
  /** The members and whoever else acts. */
  readonly people: ReadonlyMap<string, Person>
  /** Who acts in a room, but is not among the members and people, since nobody has asked for them. */
  readonly guests?: ReadonlySet<string>
  /** Those that the commands name, those of the cases below, and that of the open offer. */
  readonly messages: ReadonlyMap<string, StoredMessage>
  /** By `reactionKey`. */
  readonly reactions: ReadonlyMap<string, readonly string[]>
  readonly attachments: ReadonlyMap<string, Attachment>
  /** Undecided ones, by id. */
  readonly cases: ReadonlyMap<string, OpenCase>
  /** By `answerKey`. */
  readonly answers: ReadonlyMap<string, Answered>
  /** When those who act last spoke: in a room where people have to pause, or are told to. */
  readonly spokeAtMs: ReadonlyMap<string, number>
}

/** Ids of messages and commands have a fixed length, so no user id can make two keys alike. */
export const reactionKey = (messageId: string, userId: string): string => `${messageId} ${userId}`
export const answerKey = (commandId: string, actorId: string): string => `${commandId} ${actorId}`
