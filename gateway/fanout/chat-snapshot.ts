// The snapshot of a conversation, carried along by the events that came after it was read. Pure.
import type {
  ChatPublication,
  ChatSnapshot,
  ConversationView,
  MessageView,
} from '../../protocol/chat.ts'
import { snapshotMessagesMax } from '../limits.ts'

/** What was read of a conversation. The two parts may be of different instants. */
export interface ChatReading {
  /** At its own `lastSeq`. */
  readonly conversation: ConversationView
  readonly messages: readonly MessageView[]
  /** The seq that `messages` show. */
  readonly messagesSeq: number
}

/**
 * The state at the last of `publications`, which must reach back to the older part of `reading` without
 * a gap. What `userId` has to read is carried along by new messages alone: see `needsCounting`.
 */
export function carriedTo(
  reading: ChatReading,
  publications: readonly ChatPublication[],
  userId: string | undefined,
): ChatSnapshot {
  let { conversation, messages } = reading
  for (const publication of publications) {
    const { seq } = publication
    if (seq > conversation.lastSeq) {
      conversation = conversationAfter(conversation, publication, userId)
    }
    if (seq > reading.messagesSeq) messages = messagesAfter(messages, publication)
  }
  return { conversation, messages: [...messages] }
}

/**
 * Whether what `userId` has to read can be told by the store alone after `publications`: its own mark has
 * moved, or messages are gone of which nobody here knows whether they counted.
 */
export function needsCounting(publications: readonly ChatPublication[], userId: string): boolean {
  return publications.some(
    ({ type, receipt }) => type === 'message_deleted' || receipt?.userId === userId,
  )
}

function messagesAfter(
  messages: readonly MessageView[],
  { type, message }: ChatPublication,
): readonly MessageView[] {
  if (message === undefined) return messages
  if (type === 'message_created') return [...messages, message].slice(-snapshotMessagesMax)
  return messages.map((each) => (each.messageId === message.messageId ? message : each))
}

function conversationAfter(
  view: ConversationView,
  publication: ChatPublication,
  userId: string | undefined,
): ConversationView {
  const { seq, message, receipt, conversation } = publication
  return {
    ...view,
    ...(conversation === undefined ? {} : { slowModeMs: conversation.slowModeMs }),
    ...(receipt === undefined ? {} : { members: membersAfter(view.members, receipt) }),
    ...(message === undefined ? {} : messageAfter(view, publication.type, message)),
    unread: unreadAfter(view, publication, userId),
    lastSeq: seq,
  }
}

function membersAfter(
  members: ConversationView['members'],
  { userId, deliveredSeq, readSeq }: NonNullable<ChatPublication['receipt']>,
): ConversationView['members'] {
  return members.map((member) =>
    member.userId === userId
      ? { ...member, deliveredSeq, ...(readSeq === undefined ? {} : { readSeq }) }
      : member,
  )
}

function messageAfter(
  { lastMessage, openOffer }: ConversationView,
  type: ChatPublication['type'],
  message: MessageView,
): Partial<ConversationView> {
  const isLast = type === 'message_created' || lastMessage?.messageId === message.messageId
  return {
    ...(isLast ? { lastMessage: message } : {}),
    openOffer: openOfferAfter(openOffer, message),
  }
}

/** An offer is its message: where that holds none any more, it is not open any more. */
function openOfferAfter(
  open: ConversationView['openOffer'],
  { messageId, offer }: MessageView,
): ConversationView['openOffer'] {
  if (offer?.state === 'open') return offer
  return open?.offerId === messageId ? undefined : open
}

function unreadAfter(
  { kind, you, unread }: ConversationView,
  { type, message }: ChatPublication,
  userId: string | undefined,
): number {
  if (kind === 'room' || you === undefined || type !== 'message_created') return unread
  return message?.senderId === userId ? unread : unread + 1
}
