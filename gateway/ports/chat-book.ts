// What the gateway may read of conversations: what is committed.
import type {
  AttachmentView,
  BlockPage,
  ChatPublication,
  ChatSettings,
  ConversationKind,
  ConversationPage,
  ConversationView,
  MessagePage,
  MessageVersion,
  MessageView,
  SearchPage,
} from '../../protocol/chat.ts'
import type {
  ListConversations,
  MessageHistory,
  SearchMessages,
} from '../../protocol/chat-requests.ts'
import type { ModerationQueuePage, ModerationRule } from '../../protocol/moderation.ts'
import type { StreamRange } from './lot-book.ts'

/** Who may come in: the members; in a room whoever may see what it is about. */
export interface ConversationCard {
  readonly conversationId: string
  readonly kind: ConversationKind
  /** Of a room. */
  readonly lotId?: string
  readonly saleId?: string
  /** Empty in a room. */
  readonly memberIds: readonly string[]
  /** The seller of the subject, where there is one. */
  readonly sellerId?: string
  readonly lastSeq: number
}

/** The state at one instant, as everybody in it may see it; `unread` is 0 and `you` absent. */
export interface ConversationRecord {
  readonly conversation: ConversationView
  /** The last 50, oldest first. */
  readonly messages: readonly MessageView[]
  /** Members who hide their read marks, and so see none. */
  readonly hidingReadMarks: readonly string[]
}

/** An event and whose doing it was. */
export interface StoredChatEvent {
  readonly seq: number
  readonly actorId: string
  readonly publication: ChatPublication
}

/** Between two people one of whom has blocked the other. */
export interface HiddenPeople {
  readonly blocked: ReadonlySet<string>
  readonly blockedBy: ReadonlySet<string>
}

/** `cursor` is the `next` of the page before. */
export interface PageAsked {
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Pages are undefined where the cursor is none of ours. */
export interface ChatBook {
  /** Undefined where there is no such conversation. Calls due in one turn are one query. */
  card(conversationId: string): Promise<ConversationCard | undefined>
  /** As `card`, with messages. Calls due in one turn are one query. */
  record(conversationId: string): Promise<ConversationRecord | undefined>
  /** The conversation as it stands for the user; undefined where it is none of the user's. */
  conversation(conversationId: string, userId: string): Promise<ConversationView | undefined>
  /** By seq: after `from` upwards, or before it downwards when `reverse`. */
  publications(conversationId: string, range: StreamRange): Promise<readonly StoredChatEvent[]>
  /** Whether the two are together in a conversation that is no room. */
  haveMet(userId: string, otherId: string): Promise<boolean>
  conversations(userId: string, page: ListConversations): Promise<ConversationPage | undefined>
  /** Without what the reader deleted for itself, and in rooms without those it has blocked. */
  messages(userId: string, page: MessageHistory): Promise<MessagePage>
  search(userId: string, page: SearchMessages): Promise<SearchPage | undefined>
  versions(conversationId: string, messageId: string): Promise<readonly MessageVersion[]>
  /** Calls due in one turn are one query. */
  hidden(userId: string): Promise<HiddenPeople>
  blocks(userId: string, page: PageAsked): Promise<BlockPage | undefined>
  settings(userId: string): Promise<ChatSettings>
  /** Until when moderators have the user say nothing there, epoch ms; undefined where it may speak. */
  silencedUntil(conversationId: string, userId: string): Promise<number | undefined>
  /** Those of the messages which the user has deleted for itself. */
  deletedForSelf(
    conversationId: string,
    userId: string,
    messageIds: readonly string[],
  ): Promise<ReadonlySet<string>>
  queue(page: PageAsked): Promise<ModerationQueuePage | undefined>
  /** The conversation of an undecided case. */
  caseConversation(caseId: string): Promise<string | undefined>
  rules(): Promise<readonly ModerationRule[]>
  /** An attachment that was sent, with the conversation it was sent in. */
  attachment(
    attachmentId: string,
  ): Promise<(AttachmentView & { readonly conversationId: string }) | undefined>
}
