// The chat store's tables in memory: log and outbox over one shared state, with the promises of PostgreSQL
// and nothing of its durability. Unit tests run on it; `fault` makes commits fail the way connections do.
import { MemoryOutbox } from '../../platform/memory-outbox.ts'
import type { ChatEvent } from '../../protocol/chat-store.ts'
import type { ConversationChange, LoggedEvent } from '../core/change.ts'
import {
  type Attachment,
  answerKey,
  type Conversation,
  type Facts,
  type Member,
  type Person,
  reactionKey,
} from '../core/conversation.ts'
import type {
  ChatBatch,
  ChatCommitResult,
  ChatLog,
  ConversationVerdict,
  FactsWanted,
} from '../ports/chat-log.ts'
import type { ChatOutbox, UntoldChatEvents } from '../ports/chat-outbox.ts'
import { ConversationRows } from './memory-conversation.ts'

/** How a commit goes wrong: before anything was sent, or the answer is lost and it was, or was not, stored. */
export type CommitFault = 'refused' | 'lost_before' | 'lost_after'

/** What a commit left to be told. */
interface LeftToTell {
  readonly conversationId: string
  readonly seqs: readonly number[]
}

export const unknownPerson: Person = { hidesReadMarks: false, blocks: new Set() }

/** One store; any number of logs may work on it. */
export class MemoryChat {
  readonly conversations = new Map<string, ConversationRows>()
  /** Each with all whom it has blocked, whatever conversation they are in. */
  readonly people = new Map<string, Person>()
  readonly attachments = new Map<string, Attachment>()
  readonly #sentAttachments = new Set<string>()
  readonly #outbox = new MemoryOutbox(
    ({ conversationId, seqs }: LeftToTell, outboxId): UntoldChatEvents => ({
      outboxId,
      conversationId,
      events: this.#events(conversationId, seqs),
    }),
  )

  /** Every batch of which something was stored, in order. */
  readonly batches: ChatBatch[] = []
  /** Asked before each commit; undefined lets it succeed. Waiting in it holds the commit up. */
  fault: (batch: ChatBatch) => CommitFault | undefined | Promise<CommitFault | undefined> = () =>
    undefined
  /** Asked before each reading; throwing makes it fail. */
  beforeRead: (wanted: readonly FactsWanted[]) => void | Promise<void> = () => {}

  log(): ChatLog {
    return {
      read: async (wanted) => {
        await this.beforeRead(wanted)
        return wanted.map((one) => this.#facts(one))
      },
      commit: (batch) => this.#commit(batch),
      due: async (beforeMs, limit) =>
        [...this.conversations.values()]
          .filter(({ dueMs }) => dueMs !== undefined && dueMs < beforeMs)
          .toSorted((one, other) => (one.dueMs ?? 0) - (other.dueMs ?? 0))
          .slice(0, limit)
          .map(({ conversation }) => conversation.conversationId),
      close: async () => {},
    }
  }

  outbox(): ChatOutbox {
    return this.#outbox
  }

  /** The stream of a conversation as it is told now, in order. */
  told(conversationId: string): readonly ChatEvent[] {
    const events = this.conversations.get(conversationId)?.events ?? new Map<number, LoggedEvent>()
    return this.#events(
      conversationId,
      [...events.keys()].toSorted((one, other) => one - other),
    )
  }

  /** As a house command does: what was read of the conversation before can no longer be committed upon. */
  raiseVersion(conversationId: string): void {
    const rows = this.conversations.get(conversationId)
    if (rows === undefined) return
    const { conversation } = rows
    rows.conversation = { ...conversation, version: conversation.version + 1 }
  }

  #events(conversationId: string, seqs: readonly number[]): ChatEvent[] {
    const rows = this.conversations.get(conversationId)
    return seqs.flatMap((seq) => rows?.publication(seq) ?? [])
  }

  async #commit(batch: ChatBatch): Promise<ChatCommitResult> {
    if (!isStorable(batch)) {
      return { type: 'unstorable', cause: new RangeError('text that no table can hold') }
    }
    const fault = await this.fault(batch)
    const cause = new Error(`a commit that was made to fail: ${fault}`)
    if (fault === 'refused') return { type: 'failed', cause }
    if (fault === 'lost_before') return { type: 'in_doubt', cause }
    const result = this.#store(batch)
    return fault === 'lost_after' ? { type: 'in_doubt', cause } : result
  }

  #store(batch: ChatBatch): ChatCommitResult {
    const judged = batch.changes.map((change) => ({ change, status: this.#judge(batch, change) }))
    const written = judged.filter(({ status }) => status === 'ok')
    if (written.some(({ change }) => this.#answersAgain(change))) {
      return { type: 'unstorable', cause: new Error('a command was answered twice') }
    }
    if (written.length > 0) this.batches.push(batch)
    return {
      type: 'done',
      verdicts: judged.map(({ change, status }): ConversationVerdict => {
        if (status === 'conflict') return { type: 'conflict' }
        return {
          type: 'committed',
          outboxId: status === 'ok' ? this.#write(batch, change) : undefined,
        }
      }),
    }
  }

  #judge(batch: ChatBatch, change: ConversationChange): 'ok' | 'already' | 'conflict' {
    const { conversation } = change
    const rows = this.conversations.get(conversation.conversationId)
    if (rows?.batchId === batch.batchId) return 'already'
    if (batch.answersUnread === true && this.#answersAgain(change)) return 'conflict'
    if (this.#hasSilencedGuest(change, batch.atMs)) return 'conflict'
    return (rows?.conversation.version ?? 0) === conversation.version ? 'ok' : 'conflict'
  }

  #hasSilencedGuest({ conversation, guests }: ConversationChange, atMs: number): boolean {
    const members = this.conversations.get(conversation.conversationId)?.members
    return guests.some(({ userId }) =>
      [members?.get(userId), this.people.get(userId)].some(
        (guest) => (guest?.silencedUntilMs ?? 0) > atMs,
      ),
    )
  }

  #answersAgain({ conversation, answers }: ConversationChange): boolean {
    const rows = this.conversations.get(conversation.conversationId)
    return answers.some(({ commandId, actorId }) =>
      rows?.answers.has(answerKey(commandId, actorId)),
    )
  }

  #write({ batchId, atMs }: ChatBatch, change: ConversationChange): number | undefined {
    const { conversationId } = change.conversation
    const rows = this.conversations.get(conversationId) ?? new ConversationRows(change.conversation)
    this.conversations.set(conversationId, rows)
    rows.batchId = batchId
    rows.write(change, atMs)
    for (const { attachmentId } of change.attachments) this.#sentAttachments.add(attachmentId)
    if (change.events.length === 0) return undefined
    const seqs = change.events.map(({ seq }) => seq)
    return this.#outbox.add({ conversationId, seqs }, atMs)
  }

  #facts(wanted: FactsWanted): Facts {
    const { conversationId } = wanted
    const rows = this.conversations.get(conversationId)
    const cases = new Map(
      wanted.caseIds.flatMap((caseId) => {
        const found = rows?.cases.get(caseId)
        return found === undefined || found.decision !== undefined ? [] : [[caseId, found.open]]
      }),
    )
    const ofCases = picked(
      rows?.messages,
      [...cases.values()].map(({ messageId }) => messageId),
    )
    // On whom a case is decided is as much concerned as those who act.
    const userIds = [...wanted.userIds, ...[...ofCases.values()].map(({ view }) => view.senderId)]
    const members = new Map(
      [...(rows?.members ?? [])].filter(
        ([userId]) => !isRoom(rows?.conversation) || userIds.includes(userId),
      ),
    )
    const hasPauses = wanted.mayStartSlowMode || (rows?.conversation.slowModeMs ?? 0) > 0
    const spokeAtMs =
      (hasPauses ? rows?.spokeAtMs(userIds) : undefined) ?? new Map<string, number>()
    const messageIds = [...wanted.messageIds, rows?.conversation.openOfferId, ...ofCases.keys()]
    return {
      conversationId,
      conversation: rows?.conversation,
      members,
      people: this.#peopleOf(userIds, rows?.conversation, members),
      messages: picked(rows?.messages, messageIds),
      reactions: picked(
        rows?.reactions,
        wanted.messageIds.flatMap((id) => wanted.userIds.map((userId) => reactionKey(id, userId))),
      ),
      attachments: picked(
        this.attachments,
        wanted.attachmentIds.filter((id) => !this.#sentAttachments.has(id)),
      ),
      cases,
      answers: picked(
        rows?.answers,
        wanted.commands.map(({ commandId, actorId }) => answerKey(commandId, actorId)),
      ),
      spokeAtMs: new Map([...spokeAtMs].filter(([, spokeAt]) => spokeAt >= wanted.spokeFromMs)),
    }
  }

  #peopleOf(
    userIds: readonly string[],
    conversation: Conversation | undefined,
    members: ReadonlyMap<string, Member>,
  ): Map<string, Person> {
    // Whom one who is about to be a member has blocked counts as well; in a room nobody's blocks do.
    const met = new Set(conversation === undefined ? userIds : members.keys())
    return new Map(
      [...members.keys(), ...userIds].map((userId) => {
        const person = this.people.get(userId) ?? unknownPerson
        const blocks = [...person.blocks].filter((id) => !isRoom(conversation) && met.has(id))
        return [userId, { ...person, blocks: new Set(blocks) }]
      }),
    )
  }
}

function isRoom(conversation: Conversation | undefined): boolean {
  return conversation?.terms.kind === 'room'
}

function picked<Row>(
  rows: ReadonlyMap<string, Row> | undefined,
  keys: readonly (string | undefined)[],
): Map<string, Row> {
  return new Map(
    keys.flatMap((key) => {
      const row = key === undefined ? undefined : rows?.get(key)
      return key === undefined || row === undefined ? [] : [[key, row]]
    }),
  )
}

/** No table can hold NUL, nor half of a surrogate pair. */
function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0')
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every(isStorable)
}
