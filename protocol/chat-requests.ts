// What a client may ask of chat: the parameters of the methods `chat.*` and `attachment.*`.
import { z } from 'zod'
import { ATTACHMENT_TYPES } from './attachments.ts'
import { ConversationId, MEMBER_ROLES, MessageId } from './chat.ts'
import { CommandId, LotId, UserId, Uuid } from './ids.ts'
import { CurrencyCode } from './money.ts'
import { Flag, WholeNumber } from './query.ts'
import { isStorable, Text } from './text.ts'

const ForeignId = Text(128).min(1).describe('The marketplace’s own id.')
const Seq = WholeNumber.min(0)
const EpochMs = z.number().int().min(0).max(8_640_000_000_000_000).describe('Epoch milliseconds.')
const Limit = (max: number, usual: number) => WholeNumber.min(1).max(max).default(usual)
/** A page's `next`, handed back as it came. */
const Cursor = Text(512).optional()
const ClientMessageId = CommandId
/** Checked by the rules of messages, which refuse it with a code of its own; here only bounded. */
const SaidText = z.string().max(64 * 1024)

export const ConversationRef = z.object({ conversationId: ConversationId })
const MessageRef = ConversationRef.extend({ messageId: MessageId })

export const OpenConversation = z
  .object({
    kind: z.enum(['direct', 'order', 'room']).default('direct'),
    listingId: ForeignId.optional(),
    lotId: LotId.optional(),
    saleId: ForeignId.optional(),
    orderId: ForeignId.optional(),
    peerId: UserId.optional().describe('The other one.'),
    role: z
      .enum(MEMBER_ROLES)
      .exclude(['participant'])
      .default('buyer')
      .describe('What you are about a listing; about a lot, its seller is the seller.'),
    buyerId: UserId.optional().describe(
      'With `sellerId` instead of `peerId`; role `service` only.',
    ),
    sellerId: UserId.optional(),
  })
  .superRefine((open, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    const { listingId, lotId, saleId, orderId } = open
    const subjects = [listingId, lotId, saleId, orderId].filter((id) => id !== undefined)
    if (subjects.length !== 1) {
      wrong('listingId', 'expected exactly one of listingId, lotId, saleId, orderId')
    }
    const pair = open.buyerId !== undefined && open.sellerId !== undefined
    if (open.kind === 'room') {
      if (lotId === undefined && saleId === undefined) wrong('lotId', 'expected with a room')
      if (open.peerId !== undefined) wrong('peerId', 'expected none with a room')
    } else if ((open.peerId === undefined) === !pair) {
      wrong('peerId', 'expected either peerId, or buyerId and sellerId')
    }
    if (open.kind === 'order' && orderId === undefined) wrong('orderId', 'expected with an order')
    if (open.kind === 'direct' && listingId === undefined && lotId === undefined) {
      wrong('listingId', 'expected listingId or lotId')
    }
  })
export type OpenConversation = z.output<typeof OpenConversation>

export const ListConversations = z.object({
  archived: Flag.default(false).describe('Those put away instead of the others.'),
  cursor: Cursor,
  limit: Limit(100, 20),
})
export type ListConversations = z.output<typeof ListConversations>

const OfferTerms = z.object({
  amount: z.number().describe('Minor units; one that can not be paid is refused `amount_invalid`.'),
  currency: CurrencyCode,
  expiresAt: EpochMs,
})

/** Whatever the marketplace's clients make of the event. */
const SystemData = z.record(Text(64), z.unknown()).refine((data) => isStorable(data), {
  message: 'expected JSON without NUL and without half of a surrogate pair, not nested deeply',
})

export const SendMessage = ConversationRef.extend({
  clientMessageId: ClientMessageId,
  kind: z.enum(['text', 'image', 'file', 'offer', 'system']).default('text'),
  text: SaidText.optional().describe('1–4,000 characters; with an attachment its caption.'),
  attachmentId: Uuid.optional().describe('With `image` and `file`.'),
  offer: OfferTerms.optional().describe('With `offer`.'),
  system: z
    .object({ event: Text(64).min(1), data: SystemData.optional() })
    .optional()
    .describe('With `system`, which needs the role `service`: sold, paid, shipped and the like.'),
  replyTo: MessageId.optional(),
}).superRefine((send, context) => {
  const needs = { image: 'attachmentId', file: 'attachmentId', offer: 'offer', system: 'system' }
  for (const [kind, field] of Object.entries(needs)) {
    if (send.kind === kind && send[field as 'offer'] === undefined) {
      context.addIssue({ code: 'custom', path: [field], message: `expected with kind ${kind}` })
    }
  }
})
export type SendMessage = z.output<typeof SendMessage>

export const MessageHistory = ConversationRef.extend({
  before: Seq.optional().describe('Messages of lower seq, newest first.'),
  after: Seq.optional().describe('Messages of higher seq, oldest first.'),
  limit: Limit(300, 50),
}).refine(({ before, after }) => before === undefined || after === undefined, {
  path: ['after'],
  message: 'expected before or after, not both',
})
export type MessageHistory = z.output<typeof MessageHistory>

export const SearchMessages = z.object({
  query: Text(200).trim().min(1),
  conversationId: ConversationId.optional().describe('Only in this one.'),
  cursor: Cursor,
  limit: Limit(100, 20),
})
export type SearchMessages = z.output<typeof SearchMessages>

export const EditMessage = MessageRef.extend({ text: SaidText })
export const DeleteMessage = MessageRef.extend({
  forAll: Flag.default(false).describe(
    'For everybody: by the author within an hour, by moderators always.',
  ),
})
export const ReactToMessage = MessageRef.extend({
  emoji: z
    .array(Text(32).min(1))
    .max(8)
    .describe('All your reactions on the message from now on; none takes them back.'),
})
export const MessageVersions = MessageRef

const upToSeq = z.number().int().min(0).describe('And all before. A mark never goes back.')
export const MarkDelivered = ConversationRef.extend({ upToSeq })
export const MarkRead = ConversationRef.extend({ upToSeq })

const OFFER_ACTIONS = ['make', 'counter', 'accept', 'decline', 'withdraw'] as const
export const MakeOffer = ConversationRef.extend({
  action: z.enum(OFFER_ACTIONS),
  clientMessageId: ClientMessageId,
  offerId: MessageId.optional().describe('With all but `make`: the offer meant.'),
  ...OfferTerms.partial().shape,
}).superRefine((offer, context) => {
  const wrong = (path: string) =>
    context.addIssue({ code: 'custom', path: [path], message: `expected with ${offer.action}` })
  if (offer.action !== 'make' && offer.offerId === undefined) wrong('offerId')
  if (offer.action === 'make' || offer.action === 'counter') {
    for (const field of ['amount', 'currency', 'expiresAt'] as const) {
      if (offer[field] === undefined) wrong(field)
    }
  }
})
export type MakeOffer = z.output<typeof MakeOffer>

export const UpdateMembership = ConversationRef.extend({
  pinned: z.boolean().optional(),
  archived: z.boolean().optional().describe('A new message of somebody brings it back.'),
  draft: Text(4_000).nullable().optional().describe('Seen by your own devices only.'),
})
export type UpdateMembership = z.output<typeof UpdateMembership>

export const MuteConversation = ConversationRef.extend({
  until: EpochMs.nullable().describe('No notification until then; null ends it.'),
})

export const SlowMode = ConversationRef.extend({
  slowModeMs: z.number().int().min(0).max(300_000).describe('0 turns it off.'),
})

export const ReportMessage = ConversationRef.extend({
  messageId: MessageId.optional().describe('Without it the conversation as a whole.'),
  reason: z.enum(['spam', 'fraud', 'abuse', 'off_platform_payment', 'other']),
  note: Text(1_000).optional(),
})
export type ReportMessage = z.output<typeof ReportMessage>

export const BlockRef = z.object({ userId: UserId })
export const ListBlocks = z.object({ cursor: Cursor, limit: Limit(300, 100) })

export const UpdateChatSettings = z.object({ hideReadMarks: z.boolean() })

export const LegalHold = ConversationRef.extend({
  held: z.boolean().describe('While it is, nothing of the conversation is ever deleted.'),
})
export const EraseUser = z.object({ userId: UserId })

export const CreateAttachment = ConversationRef.extend({
  fileName: Text(255).min(1),
  contentType: Text(128)
    .min(1)
    .describe(`One of ${ATTACHMENT_TYPES.join(', ')}.`),
  bytes: z.number().int().min(1),
})
export type CreateAttachment = z.output<typeof CreateAttachment>
export const AttachmentRef = z.object({ attachmentId: Uuid })
