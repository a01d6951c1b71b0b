// The columns of `commit_chat_batch` (sql/000009): of what type each is, and what goes in. The families
// stand in the order of the function's parameters.
import { ColumnFamily, type Columns } from '../../platform/postgres/column-family.ts'
import type { AnswerRow, ConversationChange, LoggedEvent } from '../core/change.ts'
import type { Conversation, Member, StoredMessage } from '../core/conversation.ts'
import type { ChatBatch } from '../ports/chat-log.ts'

/** A row and the conversation that it is of. */
type In<Row> = readonly [conversationId: string, row: Row]

interface MessageRow {
  readonly conversation: Conversation
  readonly message: StoredMessage
  readonly isNew: boolean
}

interface MemberRow {
  readonly conversationId: string
  readonly member: Member
  readonly isGuest: boolean
}

const made: Columns<Conversation> = [
  ['uuid', ({ conversationId }) => conversationId],
  ['text', ({ terms }) => terms.kind],
  ['text', ({ terms }) => terms.subject.type],
  ['text', ({ terms }) => terms.subject.id],
  ['text', ({ terms }) => terms.buyerId ?? null],
  ['text', ({ terms }) => terms.sellerId ?? null],
  ['bigint', ({ createdAtMs }) => createdAtMs],
]

const chats: Columns<ConversationChange> = [
  ['uuid', ({ conversation }) => conversation.conversationId],
  ['bigint', ({ conversation }) => conversation.version],
  ['bigint', ({ conversation }) => conversation.lastSeq],
  ['uuid', ({ conversation }) => conversation.lastMessageId ?? null],
  ['bigint', ({ conversation }) => conversation.lastMessageSeq],
  ['bigint', ({ conversation }) => conversation.lastMessageAtMs],
  ['integer', ({ conversation }) => conversation.slowModeMs],
  ['uuid', ({ conversation }) => conversation.openOfferId ?? null],
  ['bigint', ({ dueMs }) => dueMs ?? null],
  ['boolean', ({ conversation }) => conversation.legalHold],
  ['bigint', ({ events }) => events.at(0)?.seq ?? null],
  ['bigint', ({ events }) => events.at(-1)?.seq ?? null],
]

const members: Columns<MemberRow> = [
  ['uuid', ({ conversationId }) => conversationId],
  ['text', ({ member }) => member.userId],
  ['text', ({ member }) => member.role],
  ['bigint', ({ member }) => member.joinedSeq],
  ['bigint', ({ member }) => member.deliveredSeq],
  ['bigint', ({ member }) => member.readSeq],
  ['bigint', ({ member }) => member.toldDeliveredSeq],
  ['bigint', ({ member }) => member.toldReadSeq],
  ['bigint', ({ member }) => member.toldAtMs],
  ['bigint', ({ member }) => member.mutedUntilMs ?? null],
  ['boolean', ({ member }) => member.archived],
  ['boolean', ({ member }) => member.pinned],
  ['text', ({ member }) => member.draft ?? null],
  ['bigint', ({ member }) => member.silencedUntilMs ?? null],
  ['boolean', ({ isGuest }) => isGuest],
]

const messages: Columns<MessageRow> = [
  ['uuid', ({ message: { view } }) => view.conversationId],
  ['uuid', ({ message: { view } }) => view.messageId],
  // One that is held has no place in the stream.
  ['bigint', ({ message: { view } }) => (view.seq === 0 ? null : view.seq)],
  ['text', ({ message: { view } }) => view.senderId],
  ['text', ({ message: { view } }) => view.kind],
  ['bigint', ({ message: { view } }) => view.at],
  ['text', ({ message: { state } }) => state],
  ['jsonb', ({ message: { view } }) => JSON.stringify(view)],
  // Nobody searches a room.
  ['boolean', ({ conversation: { terms } }) => terms.kind !== 'room'],
  ['boolean', ({ isNew }) => isNew],
]

const events: Columns<In<LoggedEvent>> = [
  ['uuid', ([id]) => id],
  ['bigint', ([, { seq }]) => seq],
  ['bigint', ([, event]) => event.atMs],
  ['text', ([, { type }]) => type],
  ['text', ([, { actorId }]) => actorId],
  ['uuid', ([, { messageId }]) => messageId ?? null],
  ['jsonb', ([, { detail }]) => JSON.stringify(detail)],
]

const answers: Columns<In<AnswerRow>> = [
  ['uuid', ([id]) => id],
  ['text', ([, { actorId }]) => actorId],
  ['uuid', ([, { commandId }]) => commandId],
  ['text', ([, { fingerprint }]) => fingerprint],
  ['json', ([, { reply }]) => JSON.stringify(reply)],
]

/** The call, with as many placeholders as there are parameters. */
export const commitStatement = `SELECT status, outbox_id FROM commit_chat_batch(${placeholders()})`

function placeholders(): string {
  const families = [made, chats, members, messages, events, answers]
  const count = 2 + families.reduce((sum, columns) => sum + columns.length, 0) + 2
  return Array.from({ length: count }, (_, at) => `$${at + 1}`).join(', ')
}

/** Turns batches into parameters. The bytes of the last batch are overwritten by the next. */
export class ChatBatchColumns {
  readonly #made = new ColumnFamily(made)
  readonly #chats = new ColumnFamily(chats)
  readonly #members = new ColumnFamily(members)
  readonly #messages = new ColumnFamily(messages)
  readonly #events = new ColumnFamily(events)
  readonly #answers = new ColumnFamily(answers)

  /** @throws RangeError where a text can not be stored. */
  parametersOf({ batchId, atMs, changes }: ChatBatch, looksForAnswers: boolean): unknown[] {
    const families = [
      this.#made,
      this.#chats,
      this.#members,
      this.#messages,
      this.#events,
      this.#answers,
    ]
    for (const family of families) family.clear()
    for (const change of changes) this.#push(change)
    const columns = families.flatMap((family) => family.encoded())
    return [batchId, atMs, ...columns, seldomOf(changes), looksForAnswers]
  }

  #push(change: ConversationChange): void {
    const { conversation } = change
    const { conversationId: id } = conversation
    if (conversation.version === 0) this.#made.push(conversation)
    this.#chats.push(change)
    for (const member of change.members) {
      this.#members.push({ conversationId: id, member, isGuest: false })
    }
    for (const member of change.guests) {
      this.#members.push({ conversationId: id, member, isGuest: true })
    }
    for (const message of change.messages) {
      this.#messages.push({ conversation, message, isNew: true })
    }
    for (const message of change.changedMessages) {
      this.#messages.push({ conversation, message, isNew: false })
    }
    for (const event of change.events) this.#events.push([id, event])
    for (const answer of change.answers) this.#answers.push([id, answer])
  }
}

/** The families that `write_chat_seldom` writes, named as it reads them. */
const seldomFamilies = [
  'versions',
  'hides',
  'reactions',
  'attachments',
  'casesOpened',
  'casesDecided',
  'log',
] as const satisfies readonly (keyof ConversationChange)[]

/** Their rows as one JSON; null where there are none, as in nearly every batch. */
function seldomOf(changes: readonly ConversationChange[]): string | null {
  const seldom = changes.filter((change) =>
    seldomFamilies.some((family) => change[family].length > 0),
  )
  if (seldom.length === 0) return null
  const rows = seldomFamilies.map((family) => [
    family,
    seldom.flatMap((change) => rowsIn(change, change[family])),
  ])
  return JSON.stringify(Object.fromEntries(rows))
}

function rowsIn({ conversation }: ConversationChange, rows: readonly object[]): object[] {
  return rows.map((row) => ({ id: conversation.conversationId, ...row }))
}
