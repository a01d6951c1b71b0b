// The bodies of webhooks: what the marketplace's own back end is told. It may know who bids and talks, so
// user ids are in here; secret maxima, reserves and what was deleted are not.
import { z } from 'zod'
import { EpochMs, LotView, PublicBid } from './auction.ts'
import { CONVERSATION_KINDS, ConversationId, MessageView, OfferView } from './chat.ts'
import { LotId, UserId } from './ids.ts'
import { Shape } from './shape.ts'
import { WebhookId } from './webhooks.ts'

/** Some thirty kilobytes of bids and less: a receiver reads it in one go. */
export const bidsPerEventMax = 250

const Timestamp = z.iso.datetime().describe('When it happened, by ISO 8601 in UTC.')
const Seq = z.number().int().min(1)

export const ConversationNames = Shape('The conversation that something happened in.', {
  conversationId: ConversationId,
  kind: z.enum(CONVERSATION_KINDS),
  listingId: z.string().exactOptional(),
  lotId: z.string().exactOptional(),
  saleId: z.string().exactOptional(),
  orderId: z.string().exactOptional(),
  buyerId: UserId.exactOptional(),
  sellerId: UserId.exactOptional(),
})

const lotEnded = {
  lot: LotView.describe('As it ended; `lot.result` says how.'),
  sellerId: UserId.exactOptional(),
}

export const LotSoldEvent = Shape('A lot has found its buyer.', {
  type: z.literal('lot.sold'),
  timestamp: Timestamp,
  data: z.object({ ...lotEnded, buyerId: UserId.exactOptional() }),
})

export const LotUnsoldEvent = Shape('A lot has ended without a buyer.', {
  type: z.literal('lot.unsold'),
  timestamp: Timestamp,
  data: z.object(lotEnded),
})

export const LotCancelledEvent = Shape('A lot was withdrawn or cancelled before its end.', {
  type: z.literal('lot.cancelled'),
  timestamp: Timestamp,
  data: z.object(lotEnded),
})

export const BidsAcceptedEvent = Shape('Bids on one lot, gathered for about a second.', {
  type: z.literal('bid.accepted'),
  timestamp: Timestamp.describe('When the last of the bids was taken.'),
  data: z.object({
    lotId: LotId,
    bids: z
      .array(PublicBid.extend({ seq: Seq.describe('The offset of the bid in the lot’s channel.') }))
      .max(bidsPerEventMax)
      .readonly()
      .describe('In the order in which they were taken; each accepted bid is in one event.'),
    lot: LotView.describe('As the last of the bids left it.'),
  }),
})

export const MessageCreatedEvent = Shape('Somebody has said something.', {
  type: z.literal('message.created'),
  timestamp: Timestamp,
  data: z.object({
    conversation: ConversationNames,
    message: MessageView.describe(
      'As it is when this is sent: what was edited is here with its new text, what was deleted without any.',
    ),
  }),
})

export const OfferAcceptedEvent = Shape('The two have agreed upon a price.', {
  type: z.literal('offer.accepted'),
  timestamp: Timestamp,
  data: z.object({
    conversation: ConversationNames,
    seq: Seq.describe('The place of the acceptance in the conversation.'),
    offer: OfferView,
    acceptedBy: UserId,
  }),
})

export const OrderCreatedEvent = Shape('A sale is agreed: a lot was sold, or an offer accepted.', {
  type: z.literal('order.created'),
  timestamp: Timestamp,
  data: z.object({
    orderId: z.string().describe('The id of the lot that was sold, or the `orderId` of the offer.'),
    lotId: z.string().exactOptional(),
    listingId: z.string().exactOptional(),
    conversationId: ConversationId.exactOptional().describe('Where it came of an offer.'),
    title: z.string().exactOptional(),
    buyerId: UserId,
    sellerId: UserId,
    amount: z.number().int().exactOptional(),
    currency: z.string(),
  }),
})

export const WebhookTestEvent = Shape('Sent because somebody asked for a test.', {
  type: z.literal('webhook.test'),
  timestamp: Timestamp,
  data: z.object({ webhookId: WebhookId, at: EpochMs }),
})

/** What a receiver is sent. A type that it does not know it should answer with success, and leave aside. */
export const WebhookPayload = z.discriminatedUnion('type', [
  LotSoldEvent,
  LotUnsoldEvent,
  LotCancelledEvent,
  BidsAcceptedEvent,
  MessageCreatedEvent,
  OfferAcceptedEvent,
  OrderCreatedEvent,
  WebhookTestEvent,
])
export type WebhookPayload = Readonly<z.output<typeof WebhookPayload>>
