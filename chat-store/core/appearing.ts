// How a message gets its place in the stream: sent, or released after it was held.
import type { MessageView } from '../../protocol/chat.ts'
import type { LoggedEvent } from './change.ts'
import type { Conversation, Member, StoredMessage } from './conversation.ts'
import type { Asked, Effects } from './decision.ts'
import { isRoom } from './permissions.ts'

/** An event at the next place of the stream, about a message. */
function messageEvent(
  { lastSeq }: Conversation,
  type: LoggedEvent['type'],
  actorId: string,
  messageId: string,
  atMs: number,
): LoggedEvent {
  return { seq: lastSeq + 1, atMs, type, actorId, messageId, detail: {} }
}

/**
 * The message at the next place of the stream, whatever its view says of its place. It leads the
 * conversation in the inbox from then on.
 */
export function appearing(
  { conversation, atMs }: Pick<Asked, 'conversation' | 'atMs'>,
  message: MessageView,
  sinceMs: number,
): {
  readonly conversation: Conversation
  readonly message: StoredMessage
  readonly event: LoggedEvent
} {
  const seq = conversation.lastSeq + 1
  const { messageId, senderId } = message
  return {
    conversation: {
      ...conversation,
      lastSeq: seq,
      lastMessageId: messageId,
      lastMessageSeq: seq,
      lastMessageAtMs: Math.max(conversation.lastMessageAtMs, atMs),
    },
    message: { view: { ...message, seq }, state: 'visible', sinceMs },
    event: messageEvent(conversation, 'message_created', senderId, messageId, atMs),
  }
}

/** The members of whom something changes when a message of the sender's appears. */
export function membersAfter(
  { scene, conversation }: Pick<Asked, 'scene' | 'conversation'>,
  senderId: string,
): readonly Member[] {
  // A room is in nobody's inbox, so nobody has put it away.
  if (isRoom(conversation)) return []
  const putAway: Member[] = []
  for (const member of scene.members()) {
    if (member.archived && member.userId !== senderId) putAway.push({ ...member, archived: false })
  }
  return putAway
}

/** What a change of a visible message is: its new state, and an event that tells of it. */
export function changed(
  { conversation, atMs }: Pick<Asked, 'conversation' | 'atMs'>,
  type: LoggedEvent['type'],
  actorId: string,
  message: StoredMessage,
): Required<Pick<Effects, 'conversation' | 'messages' | 'events'>> {
  return {
    conversation: { ...conversation, lastSeq: conversation.lastSeq + 1 },
    messages: [message],
    events: [messageEvent(conversation, type, actorId, message.view.messageId, atMs)],
  }
}
