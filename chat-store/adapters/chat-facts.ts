// What `read_chat_facts` (sql/000005) is asked, and what its answer says of each conversation.
import { BinaryArray } from '../../platform/postgres/binary-array.ts'
import type { ConversationKind, MessageView, SubjectType } from '../../protocol/chat.ts'
import type { AnswerRow, ReactionRow } from '../core/change.ts'
import {
  type Answered,
  type Attachment,
  answerKey,
  type Conversation,
  type Facts,
  type Member,
  type OpenCase,
  type Person,
  reactionKey,
  type StoredMessage,
} from '../core/conversation.ts'
import type { FactsWanted } from '../ports/chat-log.ts'

export const readStatement = `SELECT * FROM read_chat_facts(
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

/** Of one conversation: its place among those asked for, from one. */
type Placed<Row> = Row & { readonly place: number }

/** A row as the database tells it: what is absent is null. */
type Told<Row> = {
  readonly [Key in keyof Row]-?: undefined extends Row[Key]
    ? NonNullable<Row[Key]> | null
    : Row[Key]
}

type ChatRow = Told<
  Omit<Conversation, 'terms'> & {
    kind: ConversationKind
    subjectType: SubjectType
    subjectId: string
    buyerId?: string
    sellerId?: string
  }
>

/** `lastSentAtMs` is a column that nothing is written into any more. */
type MemberRow = Told<Member> & { readonly lastSentAtMs: unknown }

interface MessageRow {
  readonly view: MessageView
  readonly state: StoredMessage['state']
}

type SettingsRow = Told<Omit<Person, 'blocks'> & { userId: string }>

/** A family of which nothing was found is null. */
export interface FactsRow {
  readonly chats: readonly Placed<ChatRow>[] | null
  readonly members: readonly Placed<MemberRow>[] | null
  readonly settings: readonly SettingsRow[] | null
  readonly blocks: readonly { readonly blockerId: string; readonly blockedId: string }[] | null
  readonly messages: readonly Placed<MessageRow>[] | null
  readonly reactions: readonly Placed<ReactionRow>[] | null
  readonly attachments: readonly Told<Attachment>[] | null
  readonly cases: readonly Placed<Told<OpenCase>>[] | null
  readonly answers: readonly Placed<AnswerRow>[] | null
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] }
type OwnMap<Type> = Type extends ReadonlyMap<string, infer Row> ? Map<string, Row> : Type
type FactsUnderWay = Mutable<{ [Key in keyof Facts]: OwnMap<Facts[Key]> }>

const unknownPerson = { hidesReadMarks: false }

/** Turns what is asked into parameters. The bytes of the last question are overwritten by the next. */
export class FactsQuestion {
  readonly #chats = new BinaryArray('uuid')
  readonly #users = [new BinaryArray('integer'), new BinaryArray('text')] as const
  readonly #messages = [new BinaryArray('integer'), new BinaryArray('uuid')] as const
  readonly #attachments = new BinaryArray('uuid')
  readonly #cases = [new BinaryArray('integer'), new BinaryArray('uuid')] as const
  readonly #commands = [
    new BinaryArray('integer'),
    new BinaryArray('text'),
    new BinaryArray('uuid'),
  ] as const

  /** @throws RangeError where a user id can not be stored, so nobody has it. */
  parametersOf(wanted: readonly FactsWanted[]): unknown[] {
    const arrays = [
      this.#chats,
      ...this.#users,
      ...this.#messages,
      this.#attachments,
      ...this.#cases,
      ...this.#commands,
    ]
    for (const array of arrays) array.clear()
    for (const [at, one] of wanted.entries()) this.#push(one, at + 1)
    return arrays.map((array) => array.encoded())
  }

  #push(wanted: FactsWanted, place: number): void {
    this.#chats.push(wanted.conversationId)
    pushPlaced(this.#users, place, wanted.userIds)
    pushPlaced(this.#messages, place, wanted.messageIds)
    pushPlaced(this.#cases, place, wanted.caseIds)
    for (const id of wanted.attachmentIds) this.#attachments.push(id)
    const [places, actors, ids] = this.#commands
    for (const { actorId, commandId } of wanted.commands) {
      places.push(place)
      actors.push(actorId)
      ids.push(commandId)
    }
  }
}

function pushPlaced(
  [places, ids]: readonly [BinaryArray, BinaryArray],
  place: number,
  wantedIds: readonly string[],
): void {
  for (const id of wantedIds) {
    places.push(place)
    ids.push(id)
  }
}

/** The facts in the order in which they were wanted. */
export function factsFrom(wanted: readonly FactsWanted[], row: FactsRow): Facts[] {
  const all = wanted.map(({ conversationId }) => nothingKnownOf(conversationId))
  for (const { place, ...chat } of row.chats ?? []) {
    const facts = all[place - 1]
    if (facts !== undefined) facts.conversation = conversationFrom(chat)
  }
  for (const { place, ...member } of row.members ?? []) {
    all[place - 1]?.members.set(member.userId, memberFrom(member))
  }
  for (const { place, view, state } of row.messages ?? []) {
    const message = { view, state, sinceMs: view.editedAt ?? view.at }
    all[place - 1]?.messages.set(view.messageId, message)
  }
  for (const { place, messageId, userId, emoji } of row.reactions ?? []) {
    if (wanted[place - 1]?.userIds.includes(userId) === true)
      all[place - 1]?.reactions.set(reactionKey(messageId, userId), emoji)
  }
  for (const { place, caseId, kind, messageId } of row.cases ?? []) {
    const open = { caseId, kind, ...(messageId === null ? {} : { messageId }) }
    all[place - 1]?.cases.set(caseId, open)
  }
  for (const { place, actorId, commandId, fingerprint, reply } of row.answers ?? []) {
    all[place - 1]?.answers.set(answerKey(commandId, actorId), { fingerprint, reply })
  }
  addAttachments(wanted, all, row.attachments ?? [])
  addPeople(wanted, all, row)
  return all
}

function nothingKnownOf(conversationId: string): FactsUnderWay {
  return {
    conversationId,
    conversation: undefined,
    members: new Map(),
    people: new Map(),
    messages: new Map(),
    reactions: new Map(),
    attachments: new Map(),
    cases: new Map(),
    answers: new Map<string, Answered>(),
    spokeAtMs: new Map(),
  }
}

function conversationFrom(row: ChatRow): Conversation {
  const { kind, subjectType, subjectId, buyerId, sellerId, lastMessageId, openOfferId } = row
  const { conversationId, createdAtMs, version, lastSeq, lastMessageSeq, slowModeMs } = row
  return {
    conversationId,
    terms: {
      kind,
      subject: { type: subjectType, id: subjectId },
      ...(buyerId === null ? {} : { buyerId }),
      ...(sellerId === null ? {} : { sellerId }),
    },
    createdAtMs,
    version,
    lastSeq,
    ...(lastMessageId === null ? {} : { lastMessageId }),
    lastMessageSeq,
    lastMessageAtMs: row.lastMessageAtMs,
    slowModeMs,
    ...(openOfferId === null ? {} : { openOfferId }),
    legalHold: row.legalHold,
  }
}

function memberFrom(row: MemberRow): Member {
  const { mutedUntilMs, draft, silencedUntilMs, lastSentAtMs: _unused, ...member } = row
  return {
    ...member,
    ...(mutedUntilMs === null ? {} : { mutedUntilMs }),
    ...(draft === null ? {} : { draft }),
    ...(silencedUntilMs === null ? {} : { silencedUntilMs }),
  }
}

function addAttachments(
  wanted: readonly FactsWanted[],
  all: readonly FactsUnderWay[],
  rows: readonly Told<Attachment>[],
): void {
  const found = new Map(
    rows.map(({ refusal, ...attachment }): [string, Attachment] => [
      attachment.attachmentId,
      { ...attachment, ...(refusal === null ? {} : { refusal }) },
    ]),
  )
  for (const [at, { attachmentIds }] of wanted.entries()) {
    for (const id of attachmentIds) {
      const attachment = found.get(id)
      if (attachment !== undefined) all[at]?.attachments.set(id, attachment)
    }
  }
}

function addPeople(
  wanted: readonly FactsWanted[],
  all: readonly FactsUnderWay[],
  { settings, blocks }: FactsRow,
): void {
  const settingsOf = new Map(
    settings?.map(({ userId, hidesReadMarks, silencedUntilMs }) => [
      userId,
      { hidesReadMarks, ...(silencedUntilMs === null ? {} : { silencedUntilMs }) },
    ]),
  )
  const blocksOf = Map.groupBy(blocks ?? [], ({ blockerId }) => blockerId)
  for (const [at, { conversation, members, messages, cases, people }] of all.entries()) {
    // On whom a case is decided is as much concerned as those who act.
    const accused = [...cases.values()].flatMap(
      ({ messageId = '' }) => messages.get(messageId)?.view.senderId ?? [],
    )
    const userIds = [...(wanted[at]?.userIds ?? []), ...accused]
    // Whom one who is about to be a member has blocked counts as well; in a room nobody's blocks do.
    const met = new Set(conversation === undefined ? userIds : members.keys())
    const isRoom = conversation?.terms.kind === 'room'
    for (const userId of [...members.keys(), ...userIds]) {
      const blocked = isRoom ? [] : (blocksOf.get(userId) ?? [])
      const ids = blocked.map(({ blockedId }) => blockedId).filter((id) => met.has(id))
      people.set(userId, { ...(settingsOf.get(userId) ?? unknownPerson), blocks: new Set(ids) })
    }
  }
}
