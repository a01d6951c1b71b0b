// What of a conversation reaches whom. In a room nobody is shown what people do whom it has blocked.
// Where two talk, a block lets nothing new through in the first place, and what was said before stays
// theirs; marks alone are hidden, whenever they were told.
import type {
  ChatPublication,
  ChatSnapshot,
  ConversationKind,
  MessageView,
} from '../../protocol/chat.ts'
import type { StoredChatEvent } from '../ports/chat-book.ts'

/** How an event is told: as it is, without what it quotes, or as one of which nothing may be known. */
export type Manner = 'whole' | 'unquoted' | 'hidden'

/** How `event` is told to somebody who has blocked these people. */
export function mannerFor(
  kind: ConversationKind,
  { actorId, publication }: StoredChatEvent,
  blocked: ReadonlySet<string>,
): Manner {
  const { type, message } = publication
  if (kind !== 'room') return type === 'receipt' && blocked.has(actorId) ? 'hidden' : 'whole'
  // That a message of somebody else is gone, or how the room is kept, is no matter of who saw to it.
  const ofTheHouse = type === 'message_deleted' || type === 'conversation_changed'
  if (!ofTheHouse && blocked.has(actorId)) return 'hidden'
  if (message === undefined) return 'whole'
  if (blocked.has(message.senderId)) return 'hidden'
  return quotes(message, blocked) ? 'unquoted' : 'whole'
}

export function inManner(publication: ChatPublication, manner: Manner): ChatPublication {
  const { type, seq, at, message } = publication
  if (manner === 'hidden') return { type: 'hidden', seq, at }
  if (manner === 'whole' || message === undefined) return publication
  return { ...publication, type, message: unquoted(message) }
}

const quotes = ({ replyTo }: MessageView, blocked: ReadonlySet<string>): boolean =>
  replyTo !== undefined && blocked.has(replyTo.senderId)

function unquoted(message: MessageView): MessageView {
  const { replyTo: _, ...rest } = message
  return rest
}

/** What there is to know about whoever is given a snapshot. */
export interface Reader {
  /** Undefined for an anonymous watcher. */
  readonly userId: string | undefined
  readonly blocked: ReadonlySet<string>
  /** Messages which it has deleted for itself. */
  readonly deleted: ReadonlySet<string>
  /** Members who hide their read marks, and so see none. */
  readonly hidingReadMarks: readonly string[]
}

/** The snapshot as `reader` may see it. */
export function seenBy(reader: Reader, { conversation, messages }: ChatSnapshot): ChatSnapshot {
  const { lastMessage, ...rest } = conversation
  const seen = messages.flatMap((message) => seenMessage(reader, conversation.kind, message))
  const [last = seen.at(-1)] =
    lastMessage === undefined ? [] : seenMessage(reader, conversation.kind, lastMessage)
  return {
    conversation: {
      ...rest,
      members: rest.members.map((member) => seenMember(reader, member)),
      ...(lastMessage === undefined || last === undefined ? {} : { lastMessage: last }),
    },
    messages: seen,
  }
}

function seenMessage(
  { blocked, deleted }: Reader,
  kind: ConversationKind,
  message: MessageView,
): readonly MessageView[] {
  if (deleted.has(message.messageId)) return []
  if (kind !== 'room') return [message]
  if (blocked.has(message.senderId)) return []
  return [quotes(message, blocked) ? unquoted(message) : message]
}

type Member = ChatSnapshot['conversation']['members'][number]

function seenMember({ userId, hidingReadMarks }: Reader, member: Member): Member {
  if (member.userId === userId) return member
  const isHidden = [member.userId, userId].some(
    (each) => each !== undefined && hidingReadMarks.includes(each),
  )
  if (!isHidden) return member
  const { readSeq: _, ...shown } = member
  return shown
}
