// One conversation as a store keeps it, in its simplest form: facts in which every change is written.
import type { ModerationRule } from '../../../protocol/moderation.ts'
import type { ConversationChange } from '../change.ts'
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
} from '../conversation.ts'
import { compileRules } from '../moderation/compile-rules.ts'
import type { Setting } from '../setting.ts'

export const conversationId = '00000000-0000-5000-8000-000000000001'

const nobodySpecial: Person = { hidesReadMarks: false, blocks: new Set() }

export class Kept implements Facts {
  readonly conversationId = conversationId
  conversation: Conversation | undefined
  readonly members = new Map<string, Member>()
  readonly people = new Map<string, Person>()
  readonly messages = new Map<string, StoredMessage>()
  readonly reactions = new Map<string, readonly string[]>()
  readonly attachments = new Map<string, Attachment>()
  readonly cases = new Map<string, OpenCase>()
  readonly answers = new Map<string, Answered>()
  /** What is written and never read by a decision. */
  readonly changes: ConversationChange[] = []
  rules: readonly ModerationRule[] = []
  /** In how many conversations everybody has said everything. */
  repeated = 1

  get setting(): Setting {
    return { rules: compileRules(this.rules), conversationsWithText: () => this.repeated }
  }

  /** Told by the messages, in a room. */
  get spokeAtMs(): ReadonlyMap<string, number> {
    const spoke = [...this.messages.values()].filter(({ view }) => view.kind !== 'system')
    return new Map(spoke.map(({ view }) => [view.senderId, view.at]))
  }

  /** As it is now, whatever becomes of this one; rows are values. */
  copy(): Kept {
    const copy = new Kept()
    copy.conversation = this.conversation
    copy.rules = this.rules
    copy.repeated = this.repeated
    copyInto(copy.members, this.members)
    copyInto(copy.people, this.people)
    copyInto(copy.messages, this.messages)
    copyInto(copy.reactions, this.reactions)
    copyInto(copy.attachments, this.attachments)
    copyInto(copy.cases, this.cases)
    copyInto(copy.answers, this.answers)
    copy.changes.push(...this.changes)
    return copy
  }

  person(userId: string): Person {
    return this.people.get(userId) ?? nobodySpecial
  }

  /** @throws where the change was decided upon another version, or answers a command a second time. */
  write(change: ConversationChange): void {
    const { version } = change.conversation
    if (version !== (this.conversation?.version ?? 0))
      throw new Error('decided upon another version')
    this.changes.push(change)
    this.conversation = { ...change.conversation, version: version + 1 }
    for (const member of change.members) this.members.set(member.userId, member)
    for (const message of [...change.messages, ...change.changedMessages]) {
      this.messages.set(message.view.messageId, message)
    }
    for (const { messageId, userId, emoji } of change.reactions) {
      this.reactions.set(reactionKey(messageId, userId), emoji)
    }
    for (const opened of change.casesOpened) this.cases.set(opened.caseId, opened)
    for (const { caseId } of change.casesDecided) this.cases.delete(caseId)
    for (const { actorId, commandId, ...answered } of change.answers) {
      const key = answerKey(commandId, actorId)
      if (this.answers.has(key)) throw new Error('a command was answered twice')
      this.answers.set(key, answered)
    }
  }
}

function copyInto<Row>(copy: Map<string, Row>, rows: ReadonlyMap<string, Row>): void {
  for (const [key, row] of rows) copy.set(key, row)
}

/** Messages of others that the member has not read, by looking at every one. */
export function unread(kept: Kept, userId: string): number {
  const readSeq = kept.members.get(userId)?.readSeq ?? 0
  return [...kept.messages.values()].filter(
    ({ state, view }) => state === 'visible' && view.senderId !== userId && view.seq > readSeq,
  ).length
}
