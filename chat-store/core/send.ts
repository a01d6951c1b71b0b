// Sending a message. The checks stand in a fixed order, so a command with two faults always hears of
// the same one.
import type { MessageView, QuoteView } from '../../protocol/chat.ts'
import {
  captionText,
  firstCharacters,
  messageText,
  type Said,
} from '../../protocol/message-text.ts'
import { appearing, membersAfter } from './appearing.ts'
import { sentAttachment } from './attaching.ts'
import type { Asked, CommandOf, Decision, Effects, Refusal } from './decision.ts'
import { quoteCharactersMax } from './limits.ts'
import type { Judgement } from './moderation/judge.ts'
import { offerRefusal, opened } from './offer-terms.ts'
import { isRoom, isService, newMember } from './permissions.ts'
import { accepted, refused } from './replies.ts'
import { judgedText, ruleRefusal } from './saying.ts'
import { slowModeRefusal, speakerRefusal } from './speaking.ts'

type Sending = Asked<CommandOf<'send_message'>>

/** Places the message, or holds it where a rule says so. */
export function sendMessage(asked: Sending): Decision {
  const composed = compose(asked)
  if ('refusal' in composed) return refused(asked, composed.refusal)
  const judgement = judgedText(asked, composed.view.text)
  const refusal = ruleRefusal(judgement, composed.view.offer === undefined)
  if (refusal !== undefined) return refused(asked, refusal)
  return judgement.heldBy.length > 0
    ? hold(asked, composed.view, judgement)
    : place(asked, composed.view, judgement)
}

/** The message as it will be, without its place. */
function compose(asked: Sending): { readonly view: MessageView } | { readonly refusal: Refusal } {
  const { command, atMs } = asked
  const { content, actor } = command
  const refusal = mayNotSend(asked) ?? speakerRefusal(asked) ?? slowModeRefusal(asked)
  if (refusal !== undefined) return { refusal }
  const said = saidWith(content)
  if ('refusal' in said) return said
  const body = bodyOf(asked)
  if ('refusal' in body) return body
  const quote = quoted(asked)
  if (quote !== undefined && 'code' in quote) return { refusal: quote }
  return {
    view: {
      messageId: command.messageId,
      conversationId: command.conversationId,
      seq: 0,
      senderId: actor.userId,
      clientMessageId: command.clientMessageId,
      kind: content.kind,
      text: said.text,
      at: atMs,
      ...body,
      ...(quote === undefined ? {} : { replyTo: quote }),
    },
  }
}

function mayNotSend({ command, conversation }: Sending): Refusal | undefined {
  const { kind } = command.content
  if (kind === 'system' && !isService(command.actor)) return { code: 'not_permitted' }
  // An offer is between two.
  if (kind === 'offer' && isRoom(conversation)) return { code: 'not_permitted' }
  return undefined
}

function saidWith({ kind, text }: Sending['command']['content']): Said {
  return kind === 'text' ? messageText(text ?? '') : captionText(text)
}

type Body = Pick<MessageView, 'attachment' | 'offer' | 'system'>

/** What a message of its kind holds besides the text. */
function bodyOf(asked: Sending): Body | { readonly refusal: Refusal } {
  const { content, messageId, actor } = asked.command
  switch (content.kind) {
    case 'text':
      return {}
    case 'image':
    case 'file':
      return sentAttachment(asked)
    case 'offer': {
      const { offer } = content
      if (offer === undefined) return { refusal: { code: 'amount_invalid' } }
      const refusal = offerRefusal(asked, offer)
      return refusal === undefined ? { offer: opened(messageId, actor.userId, offer) } : { refusal }
    }
    case 'system':
      return content.system === undefined ? {} : { system: content.system }
  }
}

function quoted({ scene, command }: Sending): QuoteView | Refusal | undefined {
  const { replyTo } = command.content
  if (replyTo === undefined) return undefined
  const message = scene.message(replyTo)
  if (message?.state !== 'visible') return { code: 'reply_target_missing' }
  const { messageId, senderId, kind, text } = message.view
  return { messageId, senderId, kind, text: firstCharacters(text, quoteCharactersMax) }
}

function place(asked: Sending, composed: MessageView, { warnings }: Judgement): Decision {
  const { messageId, senderId, offer, at } = composed
  const { conversation, message, event } = appearing(asked, composed, at)
  return accepted(
    asked,
    { messageId, seq: event.seq, at, ...(warnings.length > 0 ? { warnings } : {}) },
    {
      conversation:
        offer === undefined ? conversation : { ...conversation, openOfferId: messageId },
      messages: [message],
      events: [event],
      members: membersAfter(asked, senderId),
      ...speakerAfter(asked),
      ...attachmentOf(composed),
    },
  )
}

/** Stored out of sight, without a place; moderators find it in their queue. */
function hold(asked: Sending, view: MessageView, { heldBy, warnings }: Judgement): Decision {
  const { messageId, at } = view
  return accepted(
    asked,
    { messageId, at, code: 'held_for_review', warnings },
    {
      messages: [{ view, state: 'held', sinceMs: at }],
      ...speakerAfter(asked),
      // A message is held once, so its id serves as the case's.
      caseOpened: {
        caseId: messageId,
        kind: 'held',
        messageId,
        rules: heldBy.map(({ ruleId }) => ruleId),
      },
      ...attachmentOf(view),
    },
  )
}

/** In a room whoever speaks becomes a member, and when it spoke counts for slow mode. */
function speakerAfter(asked: Sending): Pick<Effects, 'members' | 'spoke'> {
  const { scene, conversation, command, atMs } = asked
  if (!isRoom(conversation) || command.content.kind === 'system') return {}
  const { userId } = command.actor
  const spoke = { userId, atMs }
  if (scene.member(userId) !== undefined) return { spoke }
  return { spoke, members: [newMember(conversation, userId)] }
}

function attachmentOf({ messageId, attachment }: MessageView) {
  if (attachment === undefined) return {}
  return { attachment: { attachmentId: attachment.attachmentId, messageId } }
}
