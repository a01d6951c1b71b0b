// What an offer may be, and how it begins and ends.
import type { OfferState, OfferView } from '../../protocol/chat.ts'
import type { OfferContent } from '../../protocol/chat-store.ts'
import { amountFault } from '../../protocol/money.ts'
import type { Conversation, StoredMessage } from './conversation.ts'
import type { Asked, Refusal, Scene } from './decision.ts'
import { offerLifeMsMax } from './limits.ts'
import { offerVerdict } from './transitions.ts'

/** Why the offer can not be made here now. At most one is open in a conversation. */
export function offerRefusal(
  { scene, conversation, atMs }: Asked,
  offer: OfferContent,
): Refusal | undefined {
  const state = openOffer(scene, conversation)?.offer.state
  if (state !== undefined && offerVerdict(state, 'make_offer') !== 'allowed') {
    return { code: 'offer_state', fields: { state } }
  }
  return termsRefusal(offer, atMs)
}

/** Why nobody could offer this: the amount, or the time. */
export function termsRefusal(
  { amount, expiresAt }: OfferContent,
  atMs: number,
): Refusal | undefined {
  const reason = amountFault(amount)
  if (reason !== undefined) return { code: 'amount_invalid', fields: { reason } }
  if (expiresAt <= atMs || expiresAt > atMs + offerLifeMsMax)
    return { code: 'offer_expiry_invalid' }
  return undefined
}

/** The offer that the message `offerId` makes. */
export function opened(
  offerId: string,
  by: string,
  { amount, currency, expiresAt }: OfferContent,
): OfferView {
  // The edge has checked that it is a currency.
  return {
    offerId,
    by,
    amount,
    currency: currency as OfferView['currency'],
    state: 'open',
    expiresAt,
  }
}

/** A message that makes an offer, and the offer. */
export interface OfferMessage {
  readonly message: StoredMessage
  readonly offer: OfferView
}

/** The offer of this id; undefined where there is none, or where it was deleted. */
export function findOffer(scene: Scene, offerId: string): OfferMessage | undefined {
  const message = scene.message(offerId)
  const offer = message?.view.offer
  return message?.state === 'visible' && offer !== undefined ? { message, offer } : undefined
}

/** The one that is open in the conversation, if any is. */
export function openOffer(scene: Scene, conversation: Conversation): OfferMessage | undefined {
  const { openOfferId } = conversation
  return openOfferId === undefined ? undefined : findOffer(scene, openOfferId)
}

/** The offer's message with the offer in its new state. */
export function closed(
  { message, offer }: OfferMessage,
  state: Exclude<OfferState, 'open'>,
): StoredMessage {
  // One order for each offer, so the offer's id serves as the order's.
  const order = state === 'accepted' ? { orderId: offer.offerId } : {}
  return { ...message, view: { ...message.view, offer: { ...offer, ...order, state } } }
}

/** Once the open offer has ended, however it did. */
export function withoutOpenOffer(conversation: Conversation): Conversation {
  const { openOfferId: _closed, ...rest } = conversation
  return rest
}
