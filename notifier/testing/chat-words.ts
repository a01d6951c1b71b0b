// Conversations and their events for the notifier's tests, as a chat store would have written them.
import type { ChatEventType, MessageView, OfferView } from '../../protocol/chat.ts'
import type { ConversationEntry, ConversationFacts } from '../core/conversation-commit.ts'

export const conversationId = '0190a1b2-3333-5222-8333-123456789abc'

/** Of ann, who buys, and sam, who sells. */
export function talk(change: Partial<ConversationFacts> = {}): ConversationFacts {
  return {
    kind: 'direct',
    subject: { type: 'listing', id: 'lamp-7' },
    buyerId: 'ann',
    sellerId: 'sam',
    members: [
      { userId: 'ann', blocks: [] },
      { userId: 'sam', blocks: [] },
    ],
    ...change,
  }
}

/** The id of the message that was sent at `seq`. */
export const messageIdAt = (seq: number): string =>
  `0190a1b2-4444-7222-8333-${String(seq).padStart(12, '0')}`

export const orderId = '0190a1b2-5555-7222-8333-123456789abc'

/** A message of ann's that was sent at `seq`. */
export function messageView(seq: number, change: Partial<MessageView> = {}): MessageView {
  return {
    messageId: messageIdAt(seq),
    conversationId,
    seq,
    senderId: 'ann',
    clientMessageId: messageIdAt(seq),
    kind: 'text',
    text: `words of ${seq}`,
    at: 1_000 + seq,
    ...change,
  }
}

/** An offer of 50.00 that ann made at `seq`. */
function offerView(seq: number, change: Partial<OfferView> = {}): OfferView {
  return {
    offerId: messageIdAt(seq),
    by: 'ann',
    amount: 5_000,
    currency: 'USD',
    state: 'open',
    expiresAt: 90_000,
    ...change,
  }
}

/** The event at `seq`, by the message's sender where nobody else is named. */
export function entry(
  seq: number,
  type: ChatEventType,
  message: MessageView,
  actorId = message.senderId,
): ConversationEntry {
  const { offer } = message
  const event = { seq, atMs: 2_000 + seq, type, actorId, message }
  return offer === undefined ? event : { ...event, offer }
}

/** Ann, or whom `change` names, sends a message at `seq`. */
export const sent = (seq: number, change: Partial<MessageView> = {}): ConversationEntry =>
  entry(seq, 'message_created', messageView(seq, change))

/** Ann makes an offer at `seq`. */
export const offered = (seq: number, change: Partial<OfferView> = {}): ConversationEntry =>
  sent(seq, { kind: 'offer', text: '', offer: offerView(seq, change) })

/** At `seq` `actorId` has the offer that was made at `madeSeq` become what `change` says. */
export function offerChanged(
  seq: number,
  madeSeq: number,
  actorId: string,
  change: Partial<OfferView>,
): ConversationEntry {
  const offer = offerView(madeSeq, change)
  const message = messageView(madeSeq, { kind: 'offer', text: '', senderId: offer.by, offer })
  return entry(seq, 'offer_changed', message, actorId)
}

/** At `seq` the text of the message that was sent at `sentSeq` becomes this. */
export const edited = (seq: number, sentSeq: number, text: string): ConversationEntry =>
  entry(seq, 'message_edited', messageView(sentSeq, { text, editedAt: 2_000 + seq }))

/** At `seq` the message that was sent at `sentSeq` is deleted for all. */
export const deleted = (
  seq: number,
  sentSeq: number,
  change: Partial<MessageView> = {},
): ConversationEntry =>
  entry(seq, 'message_deleted', messageView(sentSeq, { ...change, text: '', deleted: true }))

/** At `seq` `actorId` has read what there is. */
export function receipt(seq: number, actorId: string): ConversationEntry {
  return { seq, atMs: 2_000 + seq, type: 'receipt', actorId }
}
