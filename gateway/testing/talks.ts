// Conversations under the test's control: what is committed is in the store at once, and reaches the
// gateway only when and as often as the test tells it.
import type {
  ChatPublication,
  ConversationKind,
  ConversationView,
  MessageView,
} from '../../protocol/chat.ts'
import type { BlockChange, ChatEvents } from '../../protocol/chat-store.ts'
import type { ChatBook, ConversationCard, StoredChatEvent } from '../ports/chat-book.ts'
import { Line } from './line.ts'
import { noonMs } from './people.ts'
import { within } from './within.ts'

/** Of ann and bob, about a listing. */
export const talkId = '0193a000-0000-5000-8000-0000000000c1'
/** Of a sale; everybody may come in. */
export const saleRoomId = '0193a000-0000-5000-8000-0000000000c2'

/** A conversation as it was at one seq. */
interface State {
  readonly conversation: ConversationView
  readonly messages: readonly MessageView[]
}

interface Talk {
  readonly card: Omit<ConversationCard, 'lastSeq'>
  /** By seq. */
  readonly states: State[]
  /** As each was told when it was committed. */
  readonly events: StoredChatEvent[]
  readonly readSeqs: Map<string, number>
}

/** Reads after the test's gate, with the test's fault. */
type Read = <T>(what: string, look: () => T) => Promise<T>

type Change = 'message_edited' | 'message_deleted' | 'reaction_changed' | 'offer_changed'

export class FakeTalks {
  readonly #talks = new Map<string, Talk>()
  readonly #blocks = new Set<string>()
  readonly #read: Read
  readonly line = new Line<ChatEvents>()
  readonly blockLine = new Line<BlockChange>()
  /** Messages that a user has deleted for itself, as `user message`. */
  readonly deletedForSelf = new Set<string>()
  readonly silencedUntilMs = new Map<string, number>()
  readonly hidingReadMarks: string[] = []

  constructor(read: Read) {
    this.#read = read
  }

  // ---- what is committed --------------------------------------------------------------------

  open(conversationId: string, kind: ConversationKind): void {
    const isRoom = kind === 'room'
    const memberIds = isRoom ? [] : ['ann', 'bob']
    const subject = isRoom ? { saleId: 'sale-1' } : { listingId: 'listing-1' }
    const conversation: ConversationView = {
      conversationId,
      kind,
      ...subject,
      members: memberIds.map((userId) => ({
        userId,
        role: userId === 'ann' ? 'buyer' : 'seller',
        joinedSeq: 0,
        deliveredSeq: 0,
        readSeq: 0,
      })),
      createdAt: noonMs,
      lastSeq: 0,
      slowModeMs: 0,
      unread: 0,
    }
    this.#talks.set(conversationId, {
      card: { conversationId, kind, memberIds, sellerId: 'sel', ...subject },
      states: [{ conversation, messages: [] }],
      events: [],
      readSeqs: new Map(),
    })
  }

  say(
    conversationId: string,
    senderId: string,
    text = 'hello',
    more: Partial<MessageView> = {},
  ): StoredChatEvent {
    const seq = this.#talk(conversationId).states.length
    const messageId = messageIdOf(seq)
    const message: MessageView = {
      messageId,
      conversationId,
      seq,
      senderId,
      clientMessageId: messageId,
      kind: 'text',
      text,
      at: noonMs + seq,
      ...more,
    }
    return this.#commit(
      conversationId,
      senderId,
      { type: 'message_created', message },
      (state) => ({
        conversation: { ...state.conversation, lastMessage: message },
        messages: [...state.messages, message],
      }),
    )
  }

  /** Makes another of the message that was sent at `seq`. */
  change(
    conversationId: string,
    actorId: string,
    seq: number,
    type: Change,
    fields: Partial<MessageView>,
  ): StoredChatEvent {
    const before = this.#now(conversationId).messages.find((each) => each.seq === seq)
    if (before === undefined) throw new Error(`no message has the seq ${seq}`)
    const message = { ...before, ...fields }
    const after = (each: MessageView) => (each.seq === seq ? message : each)
    return this.#commit(conversationId, actorId, { type, message }, (state) => {
      const { lastMessage, ...conversation } = state.conversation
      const last = lastMessage === undefined ? {} : { lastMessage: after(lastMessage) }
      return { conversation: { ...conversation, ...last }, messages: state.messages.map(after) }
    })
  }

  delete(conversationId: string, actorId: string, seq: number): StoredChatEvent {
    const tombstone = { text: '', deleted: true } as const
    return this.change(conversationId, actorId, seq, 'message_deleted', tombstone)
  }

  /** Moves a member's read mark to the newest. */
  mark(conversationId: string, userId: string): StoredChatEvent {
    const { readSeqs, states } = this.#talk(conversationId)
    const readSeq = states.length - 1
    readSeqs.set(userId, readSeq)
    const receipt = { userId, deliveredSeq: readSeq, readSeq }
    return this.#commit(conversationId, userId, { type: 'receipt', receipt }, (state) => ({
      ...state,
      conversation: {
        ...state.conversation,
        members: state.conversation.members.map((member) =>
          member.userId === userId ? { ...member, deliveredSeq: readSeq, readSeq } : member,
        ),
      },
    }))
  }

  block(blockerId: string, blockedId: string, blocked = true): BlockChange {
    if (blocked) this.#blocks.add(`${blockerId} ${blockedId}`)
    else this.#blocks.delete(`${blockerId} ${blockedId}`)
    return { blockerId, blockedId, blocked }
  }

  #commit(
    conversationId: string,
    actorId: string,
    what: Omit<ChatPublication, 'seq' | 'at'>,
    after: (state: State) => State,
  ): StoredChatEvent {
    const { states, events } = this.#talk(conversationId)
    const seq = states.length
    const event = { seq, actorId, publication: { ...what, seq, at: noonMs + seq } }
    const { conversation, messages } = after(this.#now(conversationId))
    states.push({ conversation: { ...conversation, lastSeq: seq }, messages })
    events.push(event)
    return event
  }

  // ---- what is told -------------------------------------------------------------------------

  tell(conversationId: string, ...events: StoredChatEvent[]): void {
    this.line.tell(conversationId, { conversationId, events })
  }

  tellBlock(change: BlockChange): void {
    this.blockLine.tell('', change)
  }

  // ---- what is so ---------------------------------------------------------------------------

  #talk(conversationId: string): Talk {
    const talk = this.#talks.get(conversationId)
    if (talk === undefined) throw new Error(`${conversationId} was not opened`)
    return talk
  }

  #now(conversationId: string): State {
    return this.at(conversationId, this.#talk(conversationId).events.length)
  }

  /** The conversation as it was when `seq` was its newest. */
  at(conversationId: string, seq: number): State {
    const state = this.#talk(conversationId).states[seq]
    if (state === undefined) throw new Error(`nothing has the seq ${seq}`)
    return state
  }

  unread(conversationId: string, userId: string, seq: number, readSeq: number): number {
    const { messages } = this.at(conversationId, seq)
    return messages.filter(
      (each) => each.seq > readSeq && each.senderId !== userId && each.deleted === undefined,
    ).length
  }

  /** The events as the store tells them later: with their messages as those are now. */
  #publications(conversationId: string): StoredChatEvent[] {
    const { events } = this.#talk(conversationId)
    const { messages } = this.#now(conversationId)
    return events.map((event) => {
      const { message } = event.publication
      const now = messages.find((each) => each.messageId === message?.messageId)
      return now === undefined
        ? event
        : { ...event, publication: { ...event.publication, message: now } }
    })
  }

  #view(conversationId: string, userId: string): ConversationView | undefined {
    const { card, readSeqs } = this.#talk(conversationId)
    if (!card.memberIds.includes(userId)) return undefined
    const { conversation } = this.#now(conversationId)
    const readSeq = readSeqs.get(userId) ?? 0
    return {
      ...conversation,
      unread: this.unread(conversationId, userId, conversation.lastSeq, readSeq),
      you: { role: 'buyer', deliveredSeq: readSeq, readSeq, pinned: false, archived: false },
    }
  }

  readonly book: Pick<
    ChatBook,
    | 'card'
    | 'record'
    | 'conversation'
    | 'publications'
    | 'hidden'
    | 'silencedUntil'
    | 'deletedForSelf'
  > = {
    card: (id) =>
      this.#read('card', () => {
        const talk = this.#talks.get(id)
        return talk === undefined ? undefined : { ...talk.card, lastSeq: talk.events.length }
      }),
    record: (id) =>
      this.#read('record', () => {
        if (!this.#talks.has(id)) return undefined
        const { conversation, messages } = this.#now(id)
        const hidingReadMarks = [...this.hidingReadMarks]
        return { conversation, messages: messages.slice(-50), hidingReadMarks }
      }),
    conversation: (id, userId) => this.#read('conversation', () => this.#view(id, userId)),
    publications: (id, range) => this.#read('events', () => within(this.#publications(id), range)),
    hidden: (userId) =>
      this.#read('hidden', () => {
        const pairs = [...this.#blocks].map((pair) => pair.split(' ') as [string, string])
        return {
          blocked: new Set(pairs.filter(([by]) => by === userId).map(([, whom]) => whom)),
          blockedBy: new Set(pairs.filter(([, whom]) => whom === userId).map(([by]) => by)),
        }
      }),
    silencedUntil: (_, userId) =>
      this.#read('silencedUntil', () => this.silencedUntilMs.get(userId)),
    deletedForSelf: (_, userId, messageIds) =>
      this.#read(
        'deletedForSelf',
        () => new Set(messageIds.filter((id) => this.deletedForSelf.has(`${userId} ${id}`))),
      ),
  }
}

export function messageIdOf(seq: number): string {
  return `0193a000-0000-7000-8000-${seq.toString(16).padStart(12, '0')}`
}
