// Conversations as the gateway reads them, and a chat store which answers as it is told.
import type {
  ChatAccepted,
  ChatOutcome,
  ConversationView,
  MessageView,
} from '../../protocol/chat.ts'
import type { ConversationCommand, HouseCommand, HouseOutcome } from '../../protocol/chat-store.ts'
import type { ChatBook, ConversationCard } from '../ports/chat-book.ts'
import type { ChatStore } from '../ports/chat-store.ts'
import type { AttachmentLinks } from '../ports/objects.ts'
import { draftId, lotId } from './lots.ts'
import { noonMs } from './people.ts'

/** Between `ann`, who buys, and `sel`, who sells. */
export const conversationId = '0193a000-0000-7000-8000-0000000000c1'
/** About the open lot. */
export const roomId = '0193a000-0000-7000-8000-0000000000c2'
/** About the draft. */
export const draftRoomId = '0193a000-0000-7000-8000-0000000000c3'
/** There is none. */
export const absentId = '0193a000-0000-7000-8000-0000000000cf'
export const messageId = '0193a000-0000-7000-8000-0000000000e1'
export const clientMessageId = '0193a000-0000-7000-8000-0000000000f1'
export const attachmentId = '0193a000-0000-7000-8000-0000000000a1'

export const cards: readonly ConversationCard[] = [
  { conversationId, kind: 'direct', memberIds: ['ann', 'sel'], sellerId: 'sel', lastSeq: 3 },
  { conversationId: roomId, kind: 'room', lotId, memberIds: [], sellerId: 'sel', lastSeq: 0 },
  {
    conversationId: draftRoomId,
    kind: 'room',
    lotId: draftId,
    memberIds: [],
    sellerId: 'sel',
    lastSeq: 0,
  },
]

export function conversationView(fields: Partial<ConversationView> = {}): ConversationView {
  return {
    conversationId,
    kind: 'direct',
    listingId: 'palm-pilot',
    members: [
      { userId: 'ann', role: 'buyer', joinedSeq: 0, deliveredSeq: 3, readSeq: 3 },
      { userId: 'sel', role: 'seller', joinedSeq: 0, deliveredSeq: 2, readSeq: 1 },
    ],
    createdAt: noonMs,
    lastSeq: 3,
    slowModeMs: 0,
    unread: 0,
    ...fields,
  }
}

export function messageView(fields: Partial<MessageView> = {}): MessageView {
  return {
    messageId,
    conversationId,
    seq: 1,
    senderId: 'ann',
    clientMessageId,
    kind: 'text',
    text: 'Is it still there?',
    at: noonMs,
    ...fields,
  }
}

export function chatBookOf(fields: Partial<ChatBook> = {}): ChatBook {
  return {
    card: async (id) => cards.find((known) => known.conversationId === id),
    record: async (id) => ({
      conversation: conversationView({ conversationId: id }),
      messages: [],
      hidingReadMarks: [],
    }),
    conversation: async (id) => conversationView({ conversationId: id, unread: 2 }),
    publications: async () => [],
    haveMet: async () => false,
    conversations: async () => ({ items: [] }),
    messages: async () => ({ items: [] }),
    search: async () => ({ items: [] }),
    versions: async () => [],
    hidden: async () => ({ blocked: new Set(), blockedBy: new Set() }),
    blocks: async () => ({ items: [] }),
    settings: async () => ({ hideReadMarks: false }),
    silencedUntil: async () => undefined,
    deletedForSelf: async () => new Set(),
    queue: async () => ({ items: [] }),
    caseConversation: async () => undefined,
    rules: async () => [],
    attachment: async () => undefined,
    ...fields,
  }
}

export interface FakeChatStore extends ChatStore {
  /** What it was asked, in order. */
  readonly asked: (ConversationCommand | HouseCommand)[]
}

/** Accepts everything, or answers what it is told to. */
export function chatStoreOf(
  answers: {
    readonly submit?: (command: ConversationCommand) => ChatOutcome
    readonly house?: (command: HouseCommand) => HouseOutcome
  } = {},
): FakeChatStore {
  const asked: (ConversationCommand | HouseCommand)[] = []
  return {
    asked,
    submit: async (command) => {
      asked.push(command)
      return (answers.submit ?? chatAcceptance)(command)
    },
    house: async (command) => {
      asked.push(command)
      return answers.house?.(command) ?? { outcome: 'accepted', serverTime: noonMs }
    },
  }
}

export function chatAcceptance(command: ConversationCommand): ChatAccepted {
  return {
    outcome: 'accepted',
    conversationId: command.conversationId,
    serverTime: noonMs,
    ...('clientMessageId' in command ? { clientMessageId: command.clientMessageId } : {}),
    ...('messageId' in command ? { messageId: command.messageId } : {}),
  }
}

export const links: AttachmentLinks = {
  sign: async (attachment) => ({
    ...attachment,
    url: `https://objects.example/${attachment.attachmentId}`,
    expiresAt: noonMs + 60_000,
  }),
}
