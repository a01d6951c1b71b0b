// Deleting a message: for oneself it is hidden, for all nothing but a tombstone is left.
import type { MessageView } from '../../protocol/chat.ts'
import { changed } from './appearing.ts'
import type { Conversation, StoredMessage } from './conversation.ts'
import type { Asked, CommandOf, Decision, Effects, Refusal, Scene } from './decision.ts'
import { deleteWindowMs } from './limits.ts'
import { withoutOpenOffer } from './offer-terms.ts'
import { isModerator } from './permissions.ts'
import { accepted, refused } from './replies.ts'
import { offerVerdict } from './transitions.ts'

type Deleting = Asked<CommandOf<'delete_message'>>

/** Deleting what was deleted is accepted and changes nothing. A block keeps nobody from taking words back. */
export function deleteMessage(asked: Deleting): Decision {
  const { scene, command } = asked
  const { messageId, actor } = command
  const message = scene.message(messageId)
  if (message === undefined) return refused(asked, { code: 'message_missing' })
  if (message.state === 'held') return deleteHeld(asked, message)
  const { view } = message
  const { seq } = view
  if (!command.forAll) {
    const hide = { userId: actor.userId, messageId }
    return accepted(asked, { messageId, seq }, { hide })
  }
  const refusal = mayNotDelete(asked, message)
  if (refusal !== undefined) return refused(asked, refusal)
  if (message.state === 'deleted') return accepted(asked, { messageId, seq, message: view })
  const effects = buried(asked, message, actor.userId)
  return accepted(asked, { messageId, seq, message: tombstone(view) }, effects)
}

/** Only its author knows of a held message, and moderators. */
function deleteHeld(asked: Deleting, message: StoredMessage): Decision {
  const { actor, messageId } = asked.command
  const isAuthor = message.view.senderId === actor.userId
  if (!isAuthor && !(asked.command.forAll && isModerator(actor))) {
    return refused(asked, { code: 'message_missing' })
  }
  return accepted(asked, { messageId }, buried(asked, message, actor.userId))
}

function mayNotDelete({ command, atMs }: Deleting, message: StoredMessage): Refusal | undefined {
  if (isModerator(command.actor)) return undefined
  const { senderId, at, offer } = message.view
  if (senderId !== command.actor.userId) return { code: 'not_permitted' }
  if (message.state === 'deleted') return undefined
  if (atMs >= at + deleteWindowMs) return { code: 'edit_window_over' }
  if (offer !== undefined && offerVerdict(offer.state, 'delete_message') !== 'allowed') {
    return { code: 'offer_state', fields: { state: offer.state } }
  }
  return undefined
}

/** The message as a tombstone, with what it said among the versions. An open offer ends with its message. */
export function buried(
  asked: Pick<Asked, 'conversation' | 'atMs'>,
  message: StoredMessage,
  actorId: string,
): Effects {
  const { view, sinceMs } = message
  const { messageId } = view
  return {
    ...emptied(asked, message, actorId),
    version: { messageId, fromMs: sinceMs, toMs: asked.atMs, actorId, view },
  }
}

/**
 * What is done to a message of an erased user: nothing of it is kept, here or among the versions.
 * Of an accepted offer only the words go: the offer is a contract of two. Undefined under legal hold, and
 * where it says nothing any more.
 */
export function eraseMessage(
  scene: Scene,
  conversation: Conversation,
  messageId: string,
  atMs: number,
): Effects | undefined {
  const message = scene.message(messageId)
  if (message === undefined || message.state === 'deleted') return undefined
  if (conversation.legalHold) return undefined
  if (message.view.offer?.state === 'accepted') return speechless({ conversation, atMs }, message)
  return emptied({ conversation, atMs }, message, message.view.senderId)
}

function speechless(
  asked: Pick<Asked, 'conversation' | 'atMs'>,
  message: StoredMessage,
): Effects | undefined {
  const { view } = message
  if (view.text === '') return undefined
  return changed(asked, 'message_edited', view.senderId, {
    ...message,
    view: { ...view, text: '' },
  })
}

function emptied(
  asked: Pick<Asked, 'conversation' | 'atMs'>,
  message: StoredMessage,
  actorId: string,
): Effects {
  const left: StoredMessage = { ...message, view: tombstone(message.view), state: 'deleted' }
  // Nobody was told of a held message, so nobody is told that it is gone.
  if (message.state === 'held') return { messages: [left] }
  const effects = changed(asked, 'message_deleted', actorId, left)
  return asked.conversation.openOfferId === message.view.messageId
    ? { ...effects, conversation: withoutOpenOffer(effects.conversation) }
    : effects
}

/** Names what is left, so that nothing can be left by mistake. */
function tombstone(view: MessageView): MessageView {
  const { messageId, conversationId, seq, senderId, clientMessageId, kind, at } = view
  return {
    messageId,
    conversationId,
    seq,
    senderId,
    clientMessageId,
    kind,
    at,
    text: '',
    deleted: true,
  }
}
