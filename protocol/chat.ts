// The words of chat: conversations, messages, offers, and what is told of them. Times are epoch
// milliseconds, amounts whole minor units. Each schema is the type and the documentation in one.
import { z } from 'zod'
import { UserId, Uuid } from './ids.ts'
import { CurrencyCode } from './money.ts'
import type { ChatRefusalCode } from './refusals.ts'

export const ConversationId = Uuid.describe('The conversation.')
export type ConversationId = string
export const MessageId = Uuid.describe('The message.')
export type MessageId = string

const Seq = z.number().int().min(0)
const EpochMs = z.number().int().min(0)

export const CONVERSATION_KINDS = ['direct', 'order', 'room'] as const
export type ConversationKind = (typeof CONVERSATION_KINDS)[number]

/** What a conversation is about: a listing, a lot, a sale or an order. */
export const SUBJECT_TYPES = ['listing', 'lot', 'sale', 'order'] as const
export type SubjectType = (typeof SUBJECT_TYPES)[number]

export const MEMBER_ROLES = ['buyer', 'seller', 'participant'] as const
export type MemberRole = (typeof MEMBER_ROLES)[number]

export const MESSAGE_KINDS = ['text', 'image', 'file', 'offer', 'system'] as const
export type MessageKind = (typeof MESSAGE_KINDS)[number]

export const OFFER_STATES = [
  'open',
  'countered',
  'accepted',
  'declined',
  'withdrawn',
  'expired',
] as const
export type OfferState = (typeof OFFER_STATES)[number]

/** The highest `seq` a member's devices have received, and the highest it has read. */
export const MemberView = z.object({
  userId: UserId,
  role: z.enum(MEMBER_ROLES),
  joinedSeq: Seq.describe('The last seq before the member came.'),
  deliveredSeq: Seq,
  readSeq: Seq.optional().describe('Absent where it or the reader hides read marks.'),
})
export type MemberView = Readonly<z.output<typeof MemberView>>

export const AttachmentView = z.object({
  attachmentId: Uuid,
  fileName: z.string(),
  contentType: z.string(),
  bytes: z.number().int(),
})
export type AttachmentView = Readonly<z.output<typeof AttachmentView>>

export const OfferView = z.object({
  offerId: MessageId.describe('The message that made the offer.'),
  by: UserId,
  amount: z.number().int(),
  currency: CurrencyCode,
  state: z.enum(OFFER_STATES),
  expiresAt: EpochMs,
  counterOf: MessageId.optional(),
  orderId: Uuid.optional().describe('With `accepted`: the order that it made.'),
})
export type OfferView = Readonly<z.output<typeof OfferView>>

/** The quoted message as it was when it was quoted. */
export const QuoteView = z.object({
  messageId: MessageId,
  senderId: UserId,
  kind: z.enum(MESSAGE_KINDS),
  text: z.string().describe('Its first 200 characters.'),
})
export type QuoteView = Readonly<z.output<typeof QuoteView>>

export const ReactionView = z.object({ emoji: z.string(), count: z.number().int() })
export type ReactionView = Readonly<z.output<typeof ReactionView>>

export const MessageView = z.object({
  messageId: MessageId,
  conversationId: ConversationId,
  seq: Seq,
  senderId: UserId,
  clientMessageId: Uuid,
  kind: z.enum(MESSAGE_KINDS),
  text: z.string().describe('Empty where there is none, and in a tombstone.'),
  at: EpochMs,
  editedAt: EpochMs.optional(),
  deleted: z.literal(true).optional().describe('A tombstone: what it said is gone.'),
  attachment: AttachmentView.optional(),
  offer: OfferView.optional(),
  system: z
    .object({ event: z.string(), data: z.record(z.string(), z.unknown()).optional() })
    .optional(),
  replyTo: QuoteView.optional(),
  reactions: z.array(ReactionView).optional(),
})
export type MessageView = Readonly<z.output<typeof MessageView>>

/** How the conversation stands for the caller. */
export const OwnMembership = z.object({
  role: z.enum(MEMBER_ROLES),
  deliveredSeq: Seq,
  readSeq: Seq,
  pinned: z.boolean(),
  archived: z.boolean(),
  mutedUntil: EpochMs.optional().describe('No notification and no push until then.'),
  draft: z.string().optional(),
})
export type OwnMembership = Readonly<z.output<typeof OwnMembership>>

export const ConversationView = z.object({
  conversationId: ConversationId,
  kind: z.enum(CONVERSATION_KINDS),
  listingId: z.string().optional(),
  lotId: Uuid.optional(),
  saleId: z.string().optional(),
  orderId: z.string().optional(),
  members: z.array(MemberView).describe('Empty in a room, where everybody is welcome.'),
  createdAt: EpochMs,
  lastSeq: Seq.describe('The offset of this state in the conversation’s channel.'),
  lastMessage: MessageView.optional(),
  slowModeMs: z.number().int().describe('In a room: the pause between two messages of one user.'),
  openOffer: OfferView.optional(),
  unread: z
    .number()
    .int()
    .describe('Messages of others after your read mark, tombstones not counted.'),
  you: OwnMembership.optional(),
})
export type ConversationView = Readonly<z.output<typeof ConversationView>>

/** `data` in the reply to a `subscribe` on `chat:`: the state at exactly the reply's offset. */
export const ChatSnapshot = z.object({
  conversation: ConversationView,
  messages: z.array(MessageView).describe('The last 50, oldest first.'),
})
export type ChatSnapshot = Readonly<z.output<typeof ChatSnapshot>>

export const CHAT_EVENT_TYPES = [
  'message_created',
  'message_edited',
  'message_deleted',
  'reaction_changed',
  'offer_changed',
  'receipt',
  'conversation_changed',
  'hidden',
] as const
export type ChatEventType = (typeof CHAT_EVENT_TYPES)[number]

/**
 * `data` of a publication on `chat:` that has an offset. What is told of a message is the message as
 * it is now, so an event that is read again later never brings back what was deleted since. `hidden`
 * stands for an event of somebody whom the reader has blocked.
 */
export interface ChatPublication {
  readonly type: ChatEventType
  /** The publication's offset. */
  readonly seq: number
  readonly at: number
  /** With every event of a message. */
  readonly message?: MessageView
  /** With `reaction_changed`: whose reactions on the message are now these. */
  readonly reaction?: { readonly userId: string; readonly emoji: readonly string[] }
  /** With `receipt`. */
  readonly receipt?: {
    readonly userId: string
    readonly deliveredSeq: number
    readonly readSeq?: number
  }
  /** With `conversation_changed`. */
  readonly conversation?: { readonly slowModeMs: number }
}

/** `data` of a publication without offset: somebody types. It ends by itself at `expiresAt`. */
export interface TypingPublication {
  readonly type: 'typing'
  readonly userId: string
  readonly expiresAt: number
}

// ---- what came of a command -------------------------------------------------------------------

/** A warning of a moderation rule: the message was taken, and its sender should know. */
export interface ChatWarning {
  readonly rule: string
  readonly says: string
}

export interface ChatAccepted {
  readonly outcome: 'accepted'
  readonly conversationId: string
  readonly serverTime: number
  readonly clientMessageId?: string
  readonly messageId?: string
  /** The message's place; absent while it is held for review. */
  readonly seq?: number
  /** When the message was taken. */
  readonly at?: number
  /** The message as it is now. */
  readonly message?: MessageView
  /** Taken, and hidden from the others until a moderator releases it. */
  readonly code?: 'held_for_review'
  readonly warnings?: readonly ChatWarning[]
  /** With marks: where they are now. */
  readonly deliveredSeq?: number
  readonly readSeq?: number
  /** With a report: the case it opened. */
  readonly caseId?: string
  readonly replayed?: true
}

/** The extra fields of a refusal, by code. */
export interface ChatRefusalFields {
  /** With `text_too_long` (characters), `attachment_too_large` (bytes), `mark_beyond_end` (the last seq). */
  readonly max?: number
  readonly retryAfterMs?: number
  /** With `offer_state`: the offer's state now; `none` where there is no such offer. */
  readonly state?: OfferState | 'none'
  /** With `refused_by_rule`. */
  readonly rule?: string
  /** With `muted_by_moderator`. */
  readonly until?: number
  readonly expected?: string
  readonly reason?: string
  readonly incidentId?: string
}

export interface ChatRefused extends ChatRefusalFields {
  readonly outcome: 'refused'
  readonly code: ChatRefusalCode
  readonly conversationId?: string
  readonly clientMessageId?: string
  readonly serverTime: number
  readonly retryable: boolean
}

/** The commit's outcome is in doubt, or no chat store answered in time: send the same id again. */
export interface ChatUnknown {
  readonly outcome: 'unknown'
  readonly code: 'outcome_unknown'
  readonly conversationId?: string
  readonly clientMessageId?: string
  readonly serverTime: number
  readonly retryable: true
}

export type ChatOutcome = ChatAccepted | ChatRefused | ChatUnknown

/** `chat.open`: the conversation, new or as it was. */
export type ConversationOutcome =
  | (ConversationView & { readonly outcome: 'accepted' })
  | ChatRefused
  | ChatUnknown

export interface ConversationPage {
  readonly items: readonly ConversationView[]
  /** Pass as `cursor` for the following page; absent on the last one. */
  readonly next?: string
}

export interface MessagePage {
  /** With `after` oldest first, else newest first. */
  readonly items: readonly MessageView[]
  /** Pass as `before` (as `after`, where that was asked) for the following page; absent on the last one. */
  readonly next?: number
}

export interface SearchPage {
  readonly items: readonly MessageView[]
  readonly next?: string
}

/** A text that a message had before. */
export interface MessageVersion {
  readonly text: string
  /** From when until when it was so. */
  readonly from: number
  readonly to: number
}

export interface BlockPage {
  readonly items: readonly { readonly userId: string; readonly at: number }[]
  readonly next?: string
}

export interface ChatSettings {
  /** Hides your read marks from others, and theirs from you. */
  readonly hideReadMarks: boolean
}

/** Where to put an attachment's bytes, once. */
export interface AttachmentUpload {
  readonly attachmentId: string
  readonly uploadUrl: string
  readonly method: 'PUT'
  /** To be sent with the bytes as they are here. */
  readonly headers: Readonly<Record<string, string>>
  readonly expiresAt: number
}

export interface AttachmentLink extends AttachmentView {
  /** Where its bytes are, for a while. */
  readonly url: string
  readonly expiresAt: number
}
