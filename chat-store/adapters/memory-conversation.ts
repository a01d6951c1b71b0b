// The rows of one conversation in memory; see memory-chat-log.ts.
import type { ChatEvent } from '../../protocol/chat-store.ts'
import type {
  ConversationChange,
  HideRow,
  LogEntry,
  LoggedEvent,
  MessageVersionRow,
} from '../core/change.ts'
import {
  type Answered,
  answerKey,
  type Conversation,
  type Member,
  type OpenCase,
  reactionKey,
  type StoredMessage,
} from '../core/conversation.ts'

/** What was made of a case stays beside it. */
interface CaseRow {
  readonly open: OpenCase
  readonly decision?: string
  readonly decidedBy?: string
}

export class ConversationRows {
  /** The batch that wrote last. */
  batchId = ''
  conversation: Conversation
  dueMs: number | undefined
  readonly members = new Map<string, Member>()
  readonly messages = new Map<string, StoredMessage>()
  readonly events = new Map<number, LoggedEvent>()
  /** By `answerKey`. */
  readonly answers = new Map<string, Answered>()
  /** By `reactionKey`. */
  readonly reactions = new Map<string, readonly string[]>()
  readonly cases = new Map<string, CaseRow>()
  readonly versions: MessageVersionRow[] = []
  readonly hides: HideRow[] = []
  readonly log: (LogEntry & { readonly atMs: number })[] = []

  constructor(conversation: Conversation) {
    this.conversation = conversation
  }

  write(change: ConversationChange, atMs: number): void {
    const { conversation } = change
    this.conversation = { ...conversation, version: conversation.version + 1 }
    this.dueMs = change.dueMs
    for (const member of change.members) this.members.set(member.userId, member)
    for (const guest of change.guests) {
      if (!this.members.has(guest.userId)) this.members.set(guest.userId, guest)
    }
    for (const message of [...change.messages, ...change.changedMessages]) {
      this.messages.set(message.view.messageId, message)
    }
    for (const event of change.events) this.events.set(event.seq, event)
    for (const { actorId, commandId, fingerprint, reply } of change.answers) {
      this.answers.set(answerKey(commandId, actorId), { fingerprint, reply })
    }
    for (const { messageId, userId, emoji } of change.reactions) {
      const key = reactionKey(messageId, userId)
      if (emoji.length === 0) this.reactions.delete(key)
      else this.reactions.set(key, emoji)
    }
    this.versions.push(...change.versions)
    this.hides.push(...change.hides)
    this.#writeCases(change)
    this.log.push(...change.log.map((entry) => ({ ...entry, atMs })))
  }

  /** When each of them last spoke. */
  spokeAtMs(userIds: readonly string[]): Map<string, number> {
    const said = [...this.messages.values()].filter(
      ({ view }) => view.kind !== 'system' && userIds.includes(view.senderId),
    )
    return new Map(said.map(({ view }) => [view.senderId, view.at]))
  }

  /** The event as it is told now, with its message as it is now. */
  publication(seq: number): ChatEvent | undefined {
    const event = this.events.get(seq)
    if (event === undefined) return undefined
    const { actorId, type, atMs: at, messageId, detail } = event
    const message = messageId === undefined ? undefined : this.messages.get(messageId)?.view
    return {
      seq,
      actorId,
      publication: { type, seq, at, ...detail, ...(message === undefined ? {} : { message }) },
    }
  }

  #writeCases({ casesOpened, casesDecided }: ConversationChange): void {
    for (const { caseId, kind, messageId } of casesOpened) {
      const open = { caseId, kind, ...(messageId === undefined ? {} : { messageId }) }
      this.cases.set(caseId, { open })
    }
    for (const { caseId, ...decided } of casesDecided) {
      const found = this.cases.get(caseId)
      if (found !== undefined) this.cases.set(caseId, { ...found, ...decided })
    }
  }
}
