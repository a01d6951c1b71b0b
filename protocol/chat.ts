// The words of chat: conversations, messages, offers, and what is told of them. Times are epoch
// milliseconds, amounts whole minor units. Each schema is the type and the documentation in one.
import { z } from 'zod'
import { UserId, Uuid } from './ids.ts'
import { CurrencyCode } from './money.ts'
import { CHAT_REFUSALS, type ChatRefusalCode } from './refusals.ts'
import { Shape } from './shape.ts'

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

export const MemberView = Shape('A member, and how far its marks are.', {
  userId: UserId,
  role: z.enum(MEMBER_ROLES),
  joinedSeq: Seq.describe('The last seq before the member came.'),
  deliveredSeq: Seq,
  readSeq: Seq.optional().describe('Absent where it or the reader hides read marks.'),
})
export type MemberView = Readonly<z.output<typeof MemberView>>

export const AttachmentView = Shape('A file that a message carries.', {
  attachmentId: Uuid,
  fileName: z.string(),
  contentType: z.string(),
  bytes: z.number().int(),
})
export type AttachmentView = Readonly<z.output<typeof AttachmentView>>

export const OfferView = Shape('An offer of one side to the other, as it stands now.', {
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

export const QuoteView = Shape('The quoted message as it was when it was quoted.', {
  messageId: MessageId,
  senderId: UserId,
  kind: z.enum(MESSAGE_KINDS),
  text: z.string().describe('Its first 200 characters.'),
})
export type QuoteView = Readonly<z.output<typeof QuoteView>>

export const ReactionView = Shape('How many have reacted so.', {
  emoji: z.string(),
  count: z.number().int(),
})
export type ReactionView = Readonly<z.output<typeof ReactionView>>

export const MessageView = Shape('A message as it is now.', {
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

export const OwnMembership = Shape('How the conversation stands for the caller.', {
  role: z.enum(MEMBER_ROLES),
  deliveredSeq: Seq,
  readSeq: Seq,
  pinned: z.boolean(),
  archived: z.boolean(),
  mutedUntil: EpochMs.optional().describe('No notification and no push until then.'),
  draft: z.string().optional(),
})
export type OwnMembership = Readonly<z.output<typeof OwnMembership>>

export const ConversationView = Shape('A conversation as it stands for the caller.', {
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

export const ChatSnapshot = Shape(
  '`data` of a `subscribe` on `chat:`: the state at the reply’s offset.',
  {
    conversation: ConversationView,
    messages: z.array(MessageView).describe('The last 50, oldest first.'),
  },
)
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
 * What is told of a message is the message as it is now, so an event that is read again later never
 * brings back what was deleted since.
 */
export const ChatPublication = Shape('`data` of a publication on `chat:` that has an offset.', {
  type: z.enum(CHAT_EVENT_TYPES).describe('`hidden`: an event of somebody you have blocked.'),
  seq: Seq.describe('The publication’s offset.'),
  at: EpochMs,
  message: MessageView.exactOptional().describe('With every event of a message.'),
  reaction: z
    .object({ userId: UserId, emoji: z.array(z.string()).readonly() })
    .exactOptional()
    .describe('With `reaction_changed`: whose reactions on the message are now these.'),
  receipt: z
    .object({ userId: UserId, deliveredSeq: Seq, readSeq: Seq.exactOptional() })
    .exactOptional()
    .describe('With `receipt`.'),
  conversation: z
    .object({ slowModeMs: z.number().int() })
    .exactOptional()
    .describe('With `conversation_changed`.'),
})
export type ChatPublication = Readonly<z.output<typeof ChatPublication>>

export const TypingPublication = Shape(
  '`data` of a publication without an offset: somebody types.',
  {
    type: z.literal('typing'),
    userId: UserId,
    expiresAt: EpochMs.describe('It ends by itself then.'),
  },
)
export type TypingPublication = Readonly<z.output<typeof TypingPublication>>

// ---- what came of a command -------------------------------------------------------------------

export const ChatWarning = Shape('The message was taken, and its sender should know this.', {
  rule: z.string(),
  says: z.string(),
})
export type ChatWarning = Readonly<z.output<typeof ChatWarning>>

export const ChatAccepted = Shape('The command was carried out.', {
  outcome: z.literal('accepted'),
  conversationId: ConversationId,
  serverTime: EpochMs,
  clientMessageId: Uuid.exactOptional(),
  messageId: MessageId.exactOptional(),
  seq: Seq.exactOptional().describe('The message’s place; absent while it is held for review.'),
  at: EpochMs.exactOptional().describe('When the message was taken.'),
  message: MessageView.exactOptional().describe('The message as it is now.'),
  code: z
    .literal('held_for_review')
    .exactOptional()
    .describe('Taken, and hidden from the others until a moderator releases it.'),
  warnings: z.array(ChatWarning).readonly().exactOptional(),
  deliveredSeq: Seq.exactOptional().describe('With marks: where they are now.'),
  readSeq: Seq.exactOptional(),
  caseId: Uuid.exactOptional().describe('With a report: the case it opened.'),
  replayed: z
    .literal(true)
    .exactOptional()
    .describe('This is the first answer again: the id was used before.'),
})
export type ChatAccepted = Readonly<z.output<typeof ChatAccepted>>

export const ChatRefusalFields = Shape('The extra fields of a refusal, by code.', {
  max: z
    .number()
    .exactOptional()
    .describe(
      'With `text_too_long` (characters), `attachment_too_large` (bytes), `reaction_limit` (different emoji), `mark_beyond_end` (the last seq).',
    ),
  retryAfterMs: z.number().exactOptional(),
  state: z
    .enum([...OFFER_STATES, 'none'])
    .exactOptional()
    .describe('With `offer_state`: the offer’s state now; `none` where there is no such offer.'),
  rule: z.string().exactOptional().describe('With `refused_by_rule`.'),
  until: EpochMs.exactOptional().describe('With `muted_by_moderator`.'),
  expected: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  incidentId: z.string().exactOptional(),
})
export type ChatRefusalFields = Readonly<z.output<typeof ChatRefusalFields>>

export const ChatRefused = Shape('The command was heard and not carried out; `code` says why.', {
  ...ChatRefusalFields.shape,
  outcome: z.literal('refused'),
  code: z.enum(Object.keys(CHAT_REFUSALS) as [ChatRefusalCode, ...ChatRefusalCode[]]),
  conversationId: ConversationId.exactOptional(),
  clientMessageId: Uuid.exactOptional(),
  serverTime: EpochMs,
  retryable: z.boolean(),
})
export type ChatRefused = Readonly<z.output<typeof ChatRefused>>

export const ChatUnknown = Shape('The outcome is in doubt: send the same id again to learn it.', {
  outcome: z.literal('unknown'),
  code: z.literal('outcome_unknown'),
  conversationId: ConversationId.exactOptional(),
  clientMessageId: Uuid.exactOptional(),
  serverTime: EpochMs,
  retryable: z.literal(true),
})
export type ChatUnknown = Readonly<z.output<typeof ChatUnknown>>

export const ChatOutcome = z.discriminatedUnion('outcome', [ChatAccepted, ChatRefused, ChatUnknown])
export type ChatOutcome = Readonly<z.output<typeof ChatOutcome>>

export const ConversationOpened = ConversationView.extend({
  outcome: z.literal('accepted'),
}).describe('The conversation, new or as it was.')
export const ConversationOutcome = z.discriminatedUnion('outcome', [
  ConversationOpened,
  ChatRefused,
  ChatUnknown,
])
export type ConversationOutcome = Readonly<z.output<typeof ConversationOutcome>>

/** Pages follow each other by `next`, which is absent on the last one. */
const Next = z.string().exactOptional().describe('Pass as `cursor` for the following page.')

export const ConversationPage = Shape('A page of the inbox.', {
  items: z.array(ConversationView).readonly(),
  next: Next,
})
export type ConversationPage = Readonly<z.output<typeof ConversationPage>>

export const MessagePage = Shape('A page of a conversation’s messages.', {
  items: z.array(MessageView).readonly().describe('With `after` oldest first, else newest first.'),
  next: Seq.exactOptional().describe(
    'Pass as `before` (as `after`, where that was asked) for the following page; absent on the last one.',
  ),
})
export type MessagePage = Readonly<z.output<typeof MessagePage>>

export const SearchPage = Shape('Messages found, newest first.', {
  items: z.array(MessageView).readonly(),
  next: Next,
})
export type SearchPage = Readonly<z.output<typeof SearchPage>>

export const MessageVersion = Shape('A text that a message had before.', {
  text: z.string(),
  from: EpochMs.describe('Since when it was so.'),
  to: EpochMs.describe('Until when.'),
})
export type MessageVersion = Readonly<z.output<typeof MessageVersion>>
export const MessageVersionList = Shape('What a message said before, oldest first.', {
  items: z.array(MessageVersion).readonly(),
})

export const BlockPage = Shape('Whom the caller has blocked.', {
  items: z.array(z.object({ userId: UserId, at: EpochMs })).readonly(),
  next: Next,
})
export type BlockPage = Readonly<z.output<typeof BlockPage>>

export const ChatSettings = Shape('The caller’s settings for all conversations.', {
  hideReadMarks: z.boolean().describe('Hides your read marks from others, and theirs from you.'),
})
export type ChatSettings = Readonly<z.output<typeof ChatSettings>>

export const AttachmentUpload = Shape('Where to put an attachment’s bytes, once.', {
  attachmentId: Uuid,
  uploadUrl: z.string().describe('Good until `expiresAt`.'),
  method: z.literal('PUT'),
  headers: z
    .record(z.string(), z.string())
    .readonly()
    .describe('To be sent with the bytes as they are here.'),
  expiresAt: EpochMs,
})
export type AttachmentUpload = Readonly<z.output<typeof AttachmentUpload>>

/** `attachment.create`. */
export const AttachmentAccepted = AttachmentUpload.extend({ outcome: z.literal('accepted') })
export const AttachmentOutcome = z.discriminatedUnion('outcome', [
  AttachmentAccepted,
  ChatRefused,
  ChatUnknown,
])
export type AttachmentOutcome = Readonly<z.output<typeof AttachmentOutcome>>

export const AttachmentLink = AttachmentView.extend({
  url: z.string().describe('Where its bytes are.'),
  expiresAt: EpochMs,
}).describe('Where an attachment’s bytes are, for a while.')
export type AttachmentLink = Readonly<z.output<typeof AttachmentLink>>
