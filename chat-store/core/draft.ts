// A conversation while a batch is decided. Each command sees what the ones before it in the batch did,
// yet the facts that were read stay as they are: after a conflict the draft is forgotten.
import type { ChatOutcome, ChatPublication } from '../../protocol/chat.ts'
import type { ChatEvent } from '../../protocol/chat-store.ts'
import type {
  AnswerRow,
  AttachmentSent,
  CaseDecided,
  CaseOpened,
  ConversationChange,
  HideRow,
  LogEntry,
  LoggedEvent,
  MessageVersionRow,
  ReactionRow,
} from './change.ts'
import type { ChatStoreCommand } from './command.ts'
import {
  answerKey,
  type Conversation,
  type Facts,
  type Member,
  reactionKey,
  type StoredMessage,
} from './conversation.ts'
import { decide } from './decide.ts'
import type { Effects, Scene } from './decision.ts'
import { eraseMessage } from './delete.ts'
import { receiptsDueMs, tellReceipts } from './marks.ts'
import { openOffer } from './offer-terms.ts'
import { expireOffer } from './offers.ts'
import type { Setting } from './setting.ts'

export class ConversationDraft implements Scene {
  readonly #facts: Facts
  #conversation: Conversation | undefined
  #isChanged = false
  // What the batch has changed so far, by the same keys as in the facts, lies over the facts.
  readonly #members = new Map<string, Member>()
  readonly #messages = new Map<string, StoredMessage>()
  readonly #events: LoggedEvent[] = []
  readonly #answers = new Map<string, AnswerRow>()
  readonly #versions: MessageVersionRow[] = []
  readonly #hides: HideRow[] = []
  readonly #reactions = new Map<string, ReactionRow>()
  readonly #attachments: AttachmentSent[] = []
  readonly #casesOpened = new Map<string, CaseOpened>()
  readonly #casesDecided = new Map<string, CaseDecided>()
  readonly #log: LogEntry[] = []
  readonly #spokeAtMs = new Map<string, number>()

  constructor(facts: Facts) {
    this.#facts = facts
    this.#conversation = facts.conversation
  }

  /**
   * Decides the next command of the batch at `nowMs` (epoch ms). Undefined for what nobody asked.
   * Time goes first: an offer whose end has come is over before anything else is decided.
   */
  decide(command: ChatStoreCommand, nowMs: number, setting: Setting): ChatOutcome | undefined {
    this.#happens((conversation) => expireOffer(this, conversation, nowMs))
    if (command.type === 'wake') return this.#wake(nowMs)
    if (command.type === 'erase_message') return this.#erase(command.messageId, nowMs)
    const { reply, effects } = decide(this, command, nowMs, setting)
    if (effects !== undefined) this.#evolve(effects)
    return reply
  }

  /** What the batch makes of the conversation; undefined where nothing is to be stored. */
  change(): ConversationChange | undefined {
    const conversation = this.#conversation
    if (conversation === undefined || !this.#isChanged) return undefined
    const members = [...this.#members.values()]
    const messages = [...this.#messages.values()]
    return {
      conversation,
      dueMs: this.#dueMs(conversation),
      members: members.filter((member) => !this.#isGuest(member)),
      guests: members.filter((member) => this.#isGuest(member)),
      messages: messages.filter((message) => !this.#isStored(message)),
      changedMessages: messages.filter((message) => this.#isStored(message)),
      events: this.#events,
      answers: [...this.#answers.values()],
      versions: this.#versions,
      hides: this.#hides,
      reactions: [...this.#reactions.values()],
      attachments: this.#attachments,
      casesOpened: [...this.#casesOpened.values()],
      casesDecided: [...this.#casesDecided.values()],
      log: this.#log,
    }
  }

  /** What the members are told, in order: each message as it is after the whole batch. */
  told(): readonly ChatEvent[] {
    return this.#events.map(({ seq, atMs, type, actorId, messageId, detail }) => {
      const message = messageId === undefined ? undefined : this.message(messageId)?.view
      const base: ChatPublication = { type, seq, at: atMs, ...detail }
      return { seq, actorId, publication: message === undefined ? base : { ...base, message } }
    })
  }

  // ---- what a decision looks at ---------------------------------------------------------------

  get conversation(): Conversation | undefined {
    return this.#conversation
  }

  member(userId: string) {
    return this.#members.get(userId) ?? this.#facts.members.get(userId)
  }

  *members(): Iterable<Member> {
    for (const member of this.#facts.members.values()) {
      yield this.#members.get(member.userId) ?? member
    }
    for (const member of this.#members.values()) {
      if (!this.#facts.members.has(member.userId)) yield member
    }
  }

  person(userId: string) {
    return this.#facts.people.get(userId)
  }

  message(messageId: string) {
    return this.#messages.get(messageId) ?? this.#facts.messages.get(messageId)
  }

  reactions(messageId: string, userId: string): readonly string[] {
    const key = reactionKey(messageId, userId)
    return this.#reactions.get(key)?.emoji ?? this.#facts.reactions.get(key) ?? []
  }

  attachment(attachmentId: string) {
    // It goes when its message goes, so no second one may hold it.
    if (this.#attachments.some((sent) => sent.attachmentId === attachmentId)) return undefined
    return this.#facts.attachments.get(attachmentId)
  }

  openCase(caseId: string) {
    if (this.#casesDecided.has(caseId)) return undefined
    return this.#casesOpened.get(caseId) ?? this.#facts.cases.get(caseId)
  }

  answer(commandId: string, actorId: string) {
    const key = answerKey(commandId, actorId)
    return this.#answers.get(key) ?? this.#facts.answers.get(key)
  }

  spokeAtMs(userId: string) {
    return this.#spokeAtMs.get(userId) ?? this.#facts.spokeAtMs.get(userId)
  }

  // ---- what a decision does -------------------------------------------------------------------

  #wake(nowMs: number): undefined {
    // Stored even where nothing is due any more, so that what was due is not due again.
    this.#isChanged = this.#conversation !== undefined
    this.#happens((conversation) => tellReceipts(this, conversation, nowMs))
  }

  #erase(messageId: string, nowMs: number): undefined {
    this.#happens((conversation) => eraseMessage(this, conversation, messageId, nowMs))
  }

  /** What nobody asked for; without a conversation nothing does. */
  #happens(happens: (conversation: Conversation) => Effects | undefined): void {
    const effects = this.#conversation && happens(this.#conversation)
    if (effects !== undefined) this.#evolve(effects)
  }

  #evolve(effects: Effects): void {
    const { spoke, answer, version, hide, reaction, attachment, caseOpened, caseDecided, log } =
      effects
    this.#isChanged = true
    this.#conversation = effects.conversation ?? this.#conversation
    for (const member of effects.members ?? []) this.#members.set(member.userId, member)
    for (const message of effects.messages ?? [])
      this.#messages.set(message.view.messageId, message)
    for (const event of effects.events ?? []) this.#events.push(event)
    if (spoke) this.#spokeAtMs.set(spoke.userId, spoke.atMs)
    if (answer) this.#answers.set(answerKey(answer.commandId, answer.actorId), answer)
    if (version) this.#versions.push(version)
    if (hide) this.#hides.push(hide)
    if (reaction) this.#reactions.set(reactionKey(reaction.messageId, reaction.userId), reaction)
    if (attachment) this.#attachments.push(attachment)
    if (caseOpened) this.#casesOpened.set(caseOpened.caseId, caseOpened)
    if (caseDecided) this.#casesDecided.set(caseDecided.caseId, caseDecided)
    if (log) this.#log.push(log)
  }

  #isGuest({ userId }: Member): boolean {
    return this.#facts.guests?.has(userId) === true
  }

  /** What is not among the facts does not exist yet. */
  #isStored({ view }: StoredMessage): boolean {
    return this.#facts.messages.has(view.messageId)
  }

  #dueMs(conversation: Conversation): number | undefined {
    const ends = openOffer(this, conversation)?.offer.expiresAt
    const receipts = receiptsDueMs(this, conversation)
    if (ends === undefined || receipts === undefined) return ends ?? receipts
    return Math.min(ends, receipts)
  }
}
