// The judge of chat: what was acknowledged is there once, streams have no gaps, whoever was answered
// before another one asked comes first, every watcher sees all of it, and unread is exact.
import type { ChatOutcome } from '../protocol/chat.ts'
import type {
  ChatAttempt,
  ChatSeen,
  StoredChatEvent,
  StoredMessage,
  UnreadCount,
} from './chat-entries.ts'
import { digestOfEvent, digestOfPlace } from './chat-texts.ts'
import { CommandLedger, type CommandLedgerOptions, type Heard } from './command-ledger.ts'
import { digestOf } from './digest.ts'
import { StreamWatchers, type WatchersAccount } from './stream-watchers.ts'
import { Findings, type Rule, type Violation } from './violation.ts'

interface Placed {
  readonly seq: number
  readonly senderId: string
  readonly hiddenFrom: readonly string[] | undefined
}

interface Conversation {
  lastSeq: number
  /** The messages that events have brought, and those of them that are not found yet. */
  readonly created: Map<number, string>
  readonly visible: Placed[]
}

export class ChatHistory {
  readonly #findings = new Findings()
  readonly #commands: CommandLedger
  readonly #watchers = new StreamWatchers(this.#findings)
  readonly #conversations = new Map<string, Conversation>()
  readonly #counts: UnreadCount[] = []

  constructor(options: CommandLedgerOptions) {
    this.#commands = new CommandLedger(this.#findings, options)
  }

  /** A message was sent, and answered or not. All of these before anything that is stored. */
  attempted({
    conversationId,
    actorId,
    clientMessageId,
    text,
    answer,
    ...times
  }: ChatAttempt): void {
    const isHeld = answer?.outcome === 'accepted' && answer.seq === undefined
    this.#commands.attempted({
      stream: conversationId,
      actorId,
      commandId: clientMessageId,
      asked: text === undefined ? undefined : digestOf(text),
      sentAtMs: times.sentAtMs,
      // A message that is held gets its place when it is released, after others that were sent later.
      answeredAtMs: isHeld ? Number.POSITIVE_INFINITY : times.answeredAtMs,
      heard: heardIn(answer),
    })
  }

  /** A watcher subscribed, or recovered with nothing lost: its stream goes on after `seq`. */
  joined(watcher: string, conversationId: string, seq: number): void {
    this.#watchers.joined({ watcher, stream: conversationId, seq, digest: undefined })
  }

  /** A watcher got a publication, at once or by its recovery. */
  saw({ watcher, conversationId, seq, type, messageId }: ChatSeen): void {
    // What a blocked one does is shown as a place without contents.
    const digest = type === 'hidden' ? undefined : digestOfEvent(type, messageId)
    this.#watchers.seen({ watcher, stream: conversationId, seq, fromSeq: seq, digest })
  }

  /** What watchers in another place saw, of feeds as well; what they missed is found there. */
  heard(place: string, { streams, violations, count }: WatchersAccount): void {
    for (const stream of streams) this.#watchers.heard(place, stream)
    this.#findings.adopt(violations, count)
  }

  /** A watcher does not watch any more. */
  left(watcher: string, conversationId: string): void {
    this.#watchers.left(watcher, conversationId)
  }

  /** Something that happened, as it is stored. All of a conversation's before its messages. */
  happened({ conversationId, seq, type, messageId }: StoredChatEvent): void {
    const conversation = this.#conversationOf(conversationId)
    if (seq !== conversation.lastSeq + 1) {
      this.#say('gap', `Event ${seq} follows ${conversation.lastSeq}.`, { conversationId, seq })
    }
    conversation.lastSeq = seq
    if (type === 'message_created') conversation.created.set(seq, messageId ?? '')
    this.#watchers.stored(conversationId, seq, digestOfEvent(type, messageId))
  }

  /** A message as it is stored. */
  kept({ conversationId, messageId, seq, senderId, state, text, ...message }: StoredMessage): void {
    const conversation = this.#conversationOf(conversationId)
    if (seq !== undefined) {
      const created = conversation.created.get(seq)
      if (created !== messageId) {
        const detail = `${messageId} has seq ${seq}, where ${created ?? 'no message'} was told.`
        this.#say('not_in_stream', detail, { conversationId, messageId, seq })
      }
      conversation.created.delete(seq)
      const { hiddenFrom } = message
      if (state === 'visible') conversation.visible.push({ seq, senderId, hiddenFrom })
    }
    if (message.clientMessageId === undefined) return
    this.#commands.kept({
      stream: conversationId,
      actorId: senderId,
      commandId: message.clientMessageId,
      asked: text === undefined ? undefined : digestOf(text),
      // Its sender may have been told while it was held.
      digests: [digestOfPlace(messageId, seq), digestOfPlace(messageId, undefined)],
      no: seq,
    })
  }

  /**
   * In place of all that is stored of a conversation, where only what its members may list can be read: its
   * messages in order of seq, and where it stands. What else happened in it can not be told then.
   */
  listed(conversationId: string, messages: readonly StoredMessage[], lastSeq: number): void {
    const conversation = this.#conversationOf(conversationId)
    for (let seq = 1; seq <= lastSeq; seq += 1) {
      this.#watchers.stored(conversationId, seq, undefined)
    }
    for (const message of messages) {
      const { messageId, seq = 0 } = message
      if (seq <= conversation.lastSeq || seq > lastSeq) {
        const detail = `${messageId} is listed at ${seq}, after ${conversation.lastSeq} and up to ${lastSeq}.`
        this.#say('gap', detail, { conversationId, messageId, seq })
      }
      conversation.lastSeq = seq
      conversation.created.set(seq, messageId)
      this.#watchers.stored(conversationId, seq, digestOfEvent('message_created', messageId))
      this.kept(message)
    }
    this.#watchers.ended(conversationId, lastSeq)
  }

  /** What a member is told of its unread messages at the end. */
  counted(count: UnreadCount): void {
    this.#counts.push(count)
  }

  /** Where the conversation says that it stands at the end, each once. */
  ended(conversationId: string, lastSeq: number): void {
    const { lastSeq: storedSeq } = this.#conversationOf(conversationId)
    if (lastSeq !== storedSeq) {
      const detail = `The conversation is at ${lastSeq}, its last event is ${storedSeq}.`
      this.#say('final_state', detail, { conversationId, seq: lastSeq })
    }
    this.#watchers.ended(conversationId, lastSeq)
  }

  /** What does not fit together; nothing may be added after this. */
  violations(): readonly Violation[] {
    this.#commands.finish()
    this.#watchers.finish()
    for (const [conversationId, { created }] of this.#conversations) {
      for (const [seq, messageId] of created) {
        const detail = `${messageId} was told at ${seq} and is not stored.`
        this.#say('not_in_stream', detail, { conversationId, messageId, seq })
      }
    }
    for (const count of this.#counts) this.#checkUnread(count)
    return this.#findings.violations
  }

  /** How many there are, those included that were too many to be kept. */
  get count(): number {
    return this.#findings.count
  }

  #checkUnread({ conversationId, userId, readSeq, unread }: UnreadCount): void {
    const { visible } = this.#conversationOf(conversationId)
    const exact = visible.filter(
      ({ seq, senderId, hiddenFrom }) =>
        seq > readSeq && senderId !== userId && hiddenFrom?.includes(userId) !== true,
    ).length
    if (exact === unread) return
    const detail = `${userId} is told ${unread} after ${readSeq}, where there are ${exact}.`
    this.#say('wrong_unread', detail, { conversationId, userId, readSeq, unread })
  }

  #conversationOf(conversationId: string): Conversation {
    const known = this.#conversations.get(conversationId)
    if (known !== undefined) return known
    const conversation: Conversation = { lastSeq: 0, created: new Map(), visible: [] }
    this.#conversations.set(conversationId, conversation)
    return conversation
  }

  #say(rule: Rule, detail: string, evidence: Violation['evidence']): void {
    this.#findings.add(rule, `Conversation ${evidence['conversationId']}: ${detail}`, evidence)
  }
}

function heardIn(answer: ChatOutcome | undefined): Heard {
  if (answer === undefined || answer.outcome === 'unknown') return { type: 'in_doubt' }
  if (answer.outcome === 'accepted') {
    const { messageId = '', seq } = answer
    const code = seq === undefined ? 'held for review' : 'accepted'
    const isRepeat = answer.replayed === true
    return { type: 'decided', digest: digestOfPlace(messageId, seq), code, seq, isRepeat }
  }
  if (answer.code === 'overloaded' || answer.code === 'rate_limited') return { type: 'undecided' }
  // Refusals are not remembered: the same id may be accepted later.
  return { type: answer.code === 'internal' ? 'in_doubt' : 'turned_away' }
}
