// Reads the snapshot of a conversation for whoever joins it: the state at exactly the channel's head.
// What the store has is ahead of the head or behind it, so the head is waited for, and what was told
// after the reading is laid upon it.
import type { ChatPublication, ChatSnapshot } from '../../protocol/chat.ts'
import type { ChatBook, ConversationRecord } from '../ports/chat-book.ts'
import { carriedTo, needsCounting } from './chat-snapshot.ts'
import { seenBy } from './chat-visibility.ts'

/** The part of the book that a conversation's channel reads. */
export type ChatChannelBook = Pick<
  ChatBook,
  'card' | 'record' | 'conversation' | 'publications' | 'hidden' | 'deletedForSelf'
>

/** The channel's stream, as far as a reading goes along with it. */
export interface ChatStream {
  /** Waits until the head has come to `seq`; false where it can not come there now. */
  catchUp(seq: number): Promise<boolean>
  /** What was told after `seq` up to the head; undefined where memory does not reach back so far. */
  toldSince(seq: number): readonly ChatPublication[] | undefined
}

/** Makes the snapshot of the very moment; to be called in the turn in which it was got. */
export type Snapshot = (blocked: ReadonlySet<string>) => ChatSnapshot

/** A conversation that goes on while it is read is read again, but not for ever. */
const readsMax = 5
const nothing: ReadonlySet<string> = new Set()

export class ChatReader {
  readonly #conversationId: string
  readonly #book: ChatChannelBook
  readonly #stream: ChatStream
  /** Of a room, where one reading serves all who come. */
  #kept: ConversationRecord | undefined
  #reading: Promise<ConversationRecord | undefined> | undefined

  constructor(conversationId: string, book: ChatChannelBook, stream: ChatStream) {
    this.#conversationId = conversationId
    this.#book = book
    this.#stream = stream
  }

  /**
   * A room as everybody sees it; elsewhere the conversation with what the user has to read, where it is
   * a member.
   * @throws Error where the conversation is gone, or goes on faster than it can be read
   */
  async read(userId: string | undefined, isRoom: boolean): Promise<Snapshot> {
    for (let reads = 0; reads < readsMax; reads += 1) {
      const [record, own] = await Promise.all([
        this.#record(),
        userId === undefined || isRoom
          ? undefined
          : this.#book.conversation(this.#conversationId, userId),
      ])
      if (record === undefined) throw new Error('the conversation is gone')
      const conversation = own ?? record.conversation
      const deleted = await this.#deleted(record, userId)
      const messagesSeq = record.conversation.lastSeq
      if (!(await this.#stream.catchUp(Math.max(messagesSeq, conversation.lastSeq)))) continue
      const told = this.#stream.toldSince(Math.min(messagesSeq, conversation.lastSeq))
      if (told === undefined) continue
      const since = told.filter(({ seq }) => seq > conversation.lastSeq)
      if (userId !== undefined && own !== undefined && needsCounting(since, userId)) continue
      const now = carriedTo({ conversation, messages: record.messages, messagesSeq }, told, userId)
      if (isRoom) this.#kept = { ...record, ...now }
      const { hidingReadMarks } = record
      return (blocked) => seenBy({ userId, blocked, deleted, hidingReadMarks }, now)
    }
    throw new Error('the conversation goes on faster than it can be read')
  }

  /** Has the next reader read anew, as what was kept may have been thinned or redacted since. */
  forget(): void {
    this.#kept = undefined
  }

  #record(): Promise<ConversationRecord | undefined> {
    const kept = this.#kept
    if (kept !== undefined && this.#stream.toldSince(kept.conversation.lastSeq) !== undefined) {
      return Promise.resolve(kept)
    }
    this.#kept = undefined
    this.#reading ??= this.#book.record(this.#conversationId).finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #deleted({ messages }: ConversationRecord, userId: string | undefined) {
    if (userId === undefined || messages.length === 0) return nothing
    const messageIds = messages.map(({ messageId }) => messageId)
    return await this.#book.deletedForSelf(this.#conversationId, userId, messageIds)
  }
}
