// Changes as the core would make them, for tests of what stores them.
import { uuidv7 } from '../../platform/ids.ts'
import type { MessageView } from '../../protocol/chat.ts'
import type { ConversationChange, LoggedEvent } from '../core/change.ts'
import type { Conversation, Facts, Member, StoredMessage } from '../core/conversation.ts'
import type { ChatBatch, FactsWanted } from '../ports/chat-log.ts'

export const atMs = Date.UTC(2026, 0, 15, 12)

/** The UUID of version 7 that is the `nth` of those made at that instant; the least without one. */
export function idAt(madeAtMs: number, nth = 0): string {
  const hex = madeAtMs.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${nth.toString(16).padStart(12, '0')}`
}

/** Ann buys from Sam. */
export function conversationOf(
  conversationId: string,
  changes: Partial<Conversation> = {},
): Conversation {
  return {
    conversationId,
    terms: {
      kind: 'direct',
      subject: { type: 'listing', id: 'palm-7' },
      buyerId: 'ann',
      sellerId: 'sam',
    },
    createdAtMs: atMs,
    version: 0,
    lastSeq: 0,
    lastMessageSeq: 0,
    lastMessageAtMs: atMs,
    slowModeMs: 0,
    legalHold: false,
    ...changes,
  }
}

export function roomOf(conversationId: string): Conversation {
  const subject = { type: 'lot', id: conversationId } as const
  return conversationOf(conversationId, { terms: { kind: 'room', subject, sellerId: 'sam' } })
}

export function memberOf(userId: string, changes: Partial<Member> = {}): Member {
  return {
    userId,
    role: userId === 'sam' ? 'seller' : 'buyer',
    joinedSeq: 0,
    deliveredSeq: 0,
    readSeq: 0,
    toldDeliveredSeq: 0,
    toldReadSeq: 0,
    toldAtMs: 0,
    archived: false,
    pinned: false,
    ...changes,
  }
}

export function messageOf(
  conversationId: string,
  seq: number,
  changes: Partial<MessageView> = {},
): StoredMessage {
  const view: MessageView = {
    messageId: uuidv7(),
    conversationId,
    seq,
    senderId: 'ann',
    clientMessageId: uuidv7(),
    kind: 'text',
    text: `What number ${seq} says`,
    at: atMs,
    ...changes,
  }
  return { view, state: seq === 0 ? 'held' : 'visible', sinceMs: view.editedAt ?? view.at }
}

export function createdEvent({ view }: StoredMessage): LoggedEvent {
  const { seq, at, senderId: actorId, messageId } = view
  return { seq, atMs: at, type: 'message_created', actorId, messageId, detail: {} }
}

export function changeOf(
  conversation: Conversation,
  changes: Partial<ConversationChange> = {},
): ConversationChange {
  return {
    conversation,
    dueMs: undefined,
    members: [],
    guests: [],
    messages: [],
    changedMessages: [],
    events: [],
    answers: [],
    versions: [],
    hides: [],
    reactions: [],
    attachments: [],
    casesOpened: [],
    casesDecided: [],
    log: [],
    ...changes,
  }
}

/** A conversation that nobody has said anything in yet. */
export function opening(conversation: Conversation): ConversationChange {
  const members = conversation.terms.kind === 'room' ? [] : [memberOf('ann'), memberOf('sam')]
  return changeOf(conversation, { members })
}

/** `count` messages of Ann's, each with its event and its answer. */
export function sending(conversation: Conversation, count = 1): ConversationChange {
  const { conversationId, lastSeq } = conversation
  const messages = Array.from({ length: count }, (_, nth) =>
    messageOf(conversationId, lastSeq + nth + 1),
  )
  const lastMessageId = messages.at(-1)?.view.messageId
  return changeOf(
    {
      ...conversation,
      lastSeq: lastSeq + count,
      ...(lastMessageId === undefined ? {} : { lastMessageId }),
    },
    {
      messages,
      events: messages.map(createdEvent),
      answers: messages.map(({ view: { seq, at, senderId, clientMessageId, messageId } }) => ({
        actorId: senderId,
        commandId: clientMessageId,
        fingerprint: `of ${seq}`,
        reply: { outcome: 'accepted', conversationId, serverTime: at, messageId, seq, at },
      })),
    },
  )
}

/** The conversation as it is read after the change. */
export function after({ conversation }: ConversationChange): Conversation {
  return { ...conversation, version: conversation.version + 1 }
}

export function batchOf(...changes: ConversationChange[]): ChatBatch {
  return { batchId: uuidv7(), atMs, changes }
}

export function wantedOf(conversationId: string, wanted: Partial<FactsWanted> = {}): FactsWanted {
  return {
    conversationId,
    userIds: [],
    messageIds: [],
    attachmentIds: [],
    caseIds: [],
    commands: [],
    mayStartSlowMode: false,
    spokeFromMs: 0,
    ...wanted,
  }
}

/** Facts of a conversation of which nothing is stored. */
export function noFacts(conversationId: string): Facts {
  return {
    conversationId,
    conversation: undefined,
    members: new Map(),
    people: new Map(),
    messages: new Map(),
    reactions: new Map(),
    attachments: new Map(),
    cases: new Map(),
    answers: new Map(),
    spokeAtMs: new Map(),
  }
}
