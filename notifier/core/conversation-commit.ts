// What the notifier reads of a conversation: one commit of its log, as the chat store wrote it, and who
// is there to be told.
import type {
  ChatEventType,
  ConversationKind,
  MessageView,
  OfferView,
  SubjectType,
} from '../../protocol/chat.ts'

/** One event of a conversation's stream. */
export interface ConversationEntry {
  readonly seq: number
  /** When it was decided, epoch ms. */
  readonly atMs: number
  readonly type: ChatEventType
  /** Who did it; where it happened by itself, whoever it is put down to. */
  readonly actorId: string
  /** The message of the event as it is now, so what was deleted since is not here. */
  readonly message?: MessageView
  /** The message's offer, even where the message was deleted since: what was agreed upon stays so. */
  readonly offer?: OfferView
}

/** A member, and what it does not want to be told. */
export interface Listener {
  readonly userId: string
  /** Epoch ms. */
  readonly mutedUntilMs?: number
  /** Those of the other members whom it has blocked. */
  readonly blocks: readonly string[]
}

export interface ConversationFacts {
  readonly kind: ConversationKind
  readonly subject: { readonly type: SubjectType; readonly id: string }
  readonly buyerId?: string
  readonly sellerId?: string
  /** None of a room, which tells nobody. */
  readonly members: readonly Listener[]
}

/** The events that one commit added to one conversation. */
export interface ConversationCommit {
  readonly source: 'conversation'
  readonly aggregateId: string
  readonly fromSeq: number
  readonly toSeq: number
  /** Those of `fromSeq` to `toSeq`, in order; of a room only where webhooks want them. */
  readonly entries: readonly ConversationEntry[]
  /** Undefined where there is no such conversation any more. */
  readonly conversation: ConversationFacts | undefined
}
