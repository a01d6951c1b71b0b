// What the other side, or the maker, does with an offer. Its message says how it stands.
import { appearing, changed, membersAfter } from './appearing.ts'
import type { Conversation } from './conversation.ts'
import type { Asked, CommandOf, Decision, Effects, Refusal, Scene } from './decision.ts'
import {
  closed,
  findOffer,
  type OfferMessage,
  opened,
  openOffer,
  termsRefusal,
  withoutOpenOffer,
} from './offer-terms.ts'
import { accepted, refused } from './replies.ts'
import { blockRefusal, speakerRefusal } from './speaking.ts'
import { offerVerdict } from './transitions.ts'

type Answering = CommandOf<'accept_offer' | 'decline_offer' | 'withdraw_offer'>
type Countering = CommandOf<'counter_offer'>

const ENDS = {
  accept_offer: 'accepted',
  decline_offer: 'declined',
  withdraw_offer: 'withdrawn',
} as const

/** Accepts, declines or withdraws: once, since only an open offer can be. */
export function answerOffer(asked: Asked<Answering>): Decision {
  const { command } = asked
  const meant = blockRefusal(asked) ?? offerMeant(asked)
  if ('code' in meant) return refused(asked, meant)
  const message = closed(meant, ENDS[command.type])
  const effects = changed(asked, 'offer_changed', command.actor.userId, message)
  const { messageId, seq, at } = message.view
  return accepted(
    asked,
    { messageId, seq, at, message: message.view },
    { ...effects, conversation: withoutOpenOffer(effects.conversation) },
  )
}

/** Closes the other side's offer and makes one's own in its place. */
export function counterOffer(asked: Asked<Countering>): Decision {
  const { scene, conversation, command, atMs } = asked
  const { actor, messageId, conversationId, clientMessageId, offer } = command
  const meant = speakerRefusal(asked) ?? offerMeant(asked)
  if ('code' in meant) return refused(asked, meant)
  const refusal = termsRefusal(offer, atMs)
  if (refusal !== undefined) return refused(asked, refusal)
  const closing = changed(asked, 'offer_changed', actor.userId, closed(meant, 'countered'))
  const { message, event, ...after } = appearing(
    { conversation: closing.conversation, atMs },
    {
      messageId,
      conversationId,
      seq: 0,
      senderId: actor.userId,
      clientMessageId,
      kind: 'offer',
      text: '',
      at: atMs,
      offer: { ...opened(messageId, actor.userId, offer), counterOf: command.offerId },
    },
    atMs,
  )
  return accepted(
    asked,
    { messageId, seq: event.seq, at: atMs },
    {
      conversation: { ...after.conversation, openOfferId: messageId },
      messages: [...closing.messages, message],
      events: [...closing.events, event],
      members: membersAfter({ scene, conversation }, actor.userId),
    },
  )
}

/** The offer that the command is about, where its state and the actor's side allow the command. */
function offerMeant({ scene, command }: Asked<Answering | Countering>): OfferMessage | Refusal {
  const meant = findOffer(scene, command.offerId)
  if (meant === undefined) return { code: 'offer_state', fields: { state: 'none' } }
  const { state, by } = meant.offer
  if (offerVerdict(state, command.type) !== 'allowed') {
    return { code: 'offer_state', fields: { state } }
  }
  const isMaker = by === command.actor.userId
  const isForMaker = command.type === 'withdraw_offer'
  return isMaker === isForMaker ? meant : { code: 'not_permitted' }
}

/** What time does to the open offer: from `expiresAt` on it is over, whoever comes first. */
export function expireOffer(
  scene: Scene,
  conversation: Conversation,
  atMs: number,
): Effects | undefined {
  const open = openOffer(scene, conversation)
  if (open === undefined || atMs < open.offer.expiresAt) return undefined
  if (offerVerdict(open.offer.state, 'expire') !== 'allowed') return undefined
  const message = closed(open, 'expired')
  const effects = changed({ conversation, atMs }, 'offer_changed', open.offer.by, message)
  return { ...effects, conversation: withoutOpenOffer(effects.conversation) }
}
