// From a conversation's log to what its members are told. A message is told as it is now, so what was
// deleted before it is derived is told without its words, and what is deleted later is redacted.
import type { MessageView, OfferView } from '../../protocol/chat.ts'
import { firstCharacters } from '../../protocol/message-text.ts'
import type { NotificationType } from '../../protocol/notifications.ts'
import type {
  ConversationCommit,
  ConversationEntry,
  ConversationFacts,
  Listener,
} from './conversation-commit.ts'
import {
  checkedLast,
  type Derived,
  type Notice,
  type Redaction,
  UnderivableError,
} from './notice.ts'
import { quotedCharactersMax } from './quotation.ts'

const nothing: Derived = { notices: [], redactions: [] }

/**
 * What one commit tells whom, in the order of its events: a message every member but its sender, an
 * offer whoever did not act on it, an accepted one both as an order. Those who have muted the
 * conversation, or blocked who acts, are told of orders only: that they have bought or sold they must
 * know. A room tells nobody.
 * @throws UnderivableError where the conversation or events of it are missing.
 */
export function deriveConversation(commit: ConversationCommit): Derived {
  const { conversation, entries } = commit
  if (conversation === undefined) {
    throw new UnderivableError(`there is no conversation ${commit.aggregateId}`)
  }
  if (conversation.kind === 'room') return nothing
  checkedLast(commit)
  return {
    notices: entries.flatMap((entry) => {
      const { type, message } = entry
      // Retention has taken the message: there is nothing to tell of it any more.
      if (message === undefined) return []
      if (type === 'message_created') return sentNotices(conversation, entry, message)
      if (type === 'offer_changed') return changeNotices(conversation, entry, message)
      return []
    }),
    redactions: entries.flatMap(redactionsOf),
  }
}

function sentNotices(
  conversation: ConversationFacts,
  entry: ConversationEntry,
  message: MessageView,
): Notice[] {
  if (message.kind !== 'offer') {
    const others = told(conversation, entry, message.senderId)
    return others.map((userId) => notice(entry, message, userId, 'message', messageWords(message)))
  }
  const { offer } = entry
  if (offer === undefined) return []
  // Whatever became of it since is told by an event of its own.
  const made = offerWords({ ...offer, state: 'open' }, offer.by)
  const others = told(conversation, entry, offer.by)
  return others.map((userId) => notice(entry, message, userId, 'offer', made))
}

function changeNotices(
  conversation: ConversationFacts,
  entry: ConversationEntry,
  message: MessageView,
): Notice[] {
  const { offer, actorId } = entry
  if (offer === undefined) return []
  // An offer ends by itself: that is nobody's doing, and both are told.
  const by = offer.state === 'expired' ? undefined : actorId
  const changed = offerWords(offer, by)
  const order = orderWords(conversation, offer)
  return [
    ...told(conversation, entry, by).map((userId) =>
      notice(entry, message, userId, 'offer', changed),
    ),
    ...parties(conversation, offer).map((userId) =>
      notice(entry, message, userId, 'order_created', order),
    ),
  ]
}

/** The members who are told what `by` did: all but itself, and none who does not want to hear of it. */
function told({ members }: ConversationFacts, { atMs }: ConversationEntry, by?: string): string[] {
  const wants = ({ userId, mutedUntilMs = 0, blocks }: Listener): boolean =>
    userId !== by && mutedUntilMs <= atMs && (by === undefined || !blocks.includes(by))
  return members.filter(wants).map(({ userId }) => userId)
}

/** Who has an order now: with an accepted offer buyer and seller, else nobody. */
function parties({ buyerId, sellerId }: ConversationFacts, offer: OfferView): string[] {
  if (offer.state !== 'accepted' || buyerId === undefined || sellerId === undefined) return []
  return [buyerId, sellerId]
}

function messageWords(message: MessageView): Notice['data'] {
  const { senderId, kind } = message
  return { senderId, kind, ...leftOf(message) }
}

function offerWords(
  { state, amount, currency }: OfferView,
  by: string | undefined,
): Notice['data'] {
  return { ...(by === undefined ? {} : { senderId: by }), state, amount, currency }
}

function orderWords(
  { subject, buyerId, sellerId }: ConversationFacts,
  { offerId, orderId, amount, currency }: OfferView,
): Notice['data'] {
  return {
    orderId: orderId ?? offerId,
    ...(subject.type === 'lot' ? { lotId: subject.id } : {}),
    ...(buyerId === undefined ? {} : { buyerId }),
    ...(sellerId === undefined ? {} : { sellerId }),
    amount,
    currency,
  }
}

/** The beginning of what it says, where it says something, and whether it was deleted. */
function leftOf({ text, deleted }: MessageView): Pick<Redaction, 'text' | 'deleted'> {
  return {
    ...(text === '' ? {} : { text: firstCharacters(text, quotedCharactersMax) }),
    ...(deleted === true ? { deleted } : {}),
  }
}

function notice(
  { seq, atMs }: ConversationEntry,
  { conversationId, messageId, seq: messageSeq }: MessageView,
  userId: string,
  type: NotificationType,
  words: Notice['data'],
): Notice {
  const data = { conversationId, messageId, messageSeq, ...words }
  const source = 'conversation'
  return { userId, type, source, aggregateId: conversationId, causeSeq: seq, atMs, data }
}

function redactionsOf({ type, message }: ConversationEntry): readonly Redaction[] {
  if (message === undefined) return []
  if (type !== 'message_edited' && type !== 'message_deleted') return []
  const { conversationId, seq } = message
  return [{ conversationId, messageSeq: seq, ...leftOf(message) }]
}
