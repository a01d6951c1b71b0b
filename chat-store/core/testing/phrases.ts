// Everything that can be said of a step of a scenario and is true.
import type { ChatOutcome } from '../../../protocol/chat.ts'
import type { ChatEvent } from '../../../protocol/chat-store.ts'
import type { ConversationChange } from '../change.ts'
import type { Member, StoredMessage } from '../conversation.ts'
import { type Kept, unread } from './kept.ts'

const seconds = (ms: number): string => String(ms / 1_000)

export function ofOutcome(outcome: ChatOutcome | undefined): string[] {
  if (outcome === undefined) return ['unanswered']
  if (outcome.outcome === 'accepted') {
    const { seq, warnings = [], deliveredSeq, readSeq, caseId, messageId, message } = outcome
    return [
      outcome.code ?? 'accepted',
      outcome.replayed === true ? 'replayed' : 'for the first time',
      seq === undefined ? 'no seq' : `seq ${seq}`,
      ...warnings.map(({ rule }) => `warned by ${rule}`),
      warnings.length === 0 ? 'not warned' : 'warned',
      `marks ${deliveredSeq}/${readSeq}`,
      `case ${caseId}`,
      `about ${messageId}`,
      ...(message?.offer?.orderId === undefined ? [] : [`order ${message.offer.orderId}`]),
    ]
  }
  if (outcome.outcome === 'unknown') return ['unknown']
  const {
    code,
    max,
    retryAfterMs = 0,
    state,
    rule,
    until = 0,
    retryable,
    reason,
    expected,
  } = outcome
  return [
    code,
    `max ${max}`,
    `wait ${seconds(retryAfterMs)}`,
    `state ${state}`,
    `by ${rule}`,
    `until ${seconds(until)}`,
    `because ${reason}`,
    `expected ${expected}`,
    retryable ? 'retryable' : 'final',
    `at ${seconds(outcome.serverTime)}`,
  ]
}

export function ofTold(told: readonly ChatEvent[]): string[] {
  return [
    told.length === 0 ? 'tells nothing' : `tells ${told.length}`,
    ...told.flatMap(({ actorId, publication: { type, receipt, message, reaction } }) => [
      `tells ${type}`,
      `tells ${type} by ${actorId}`,
      ...(message === undefined ? [] : [`tells ${type} of ${message.messageId}`]),
      ...(reaction === undefined ? [] : [`tells ${reaction.userId} ${reaction.emoji.join('')}`]),
      ...(receipt === undefined
        ? []
        : [`receipt ${receipt.userId} ${receipt.deliveredSeq}/${receipt.readSeq ?? 'hidden'}`]),
    ]),
  ]
}

export function ofChange(change: ConversationChange | undefined): string[] {
  if (change === undefined) return ['stores nothing']
  const { dueMs } = change
  return ['stores something', dueMs === undefined ? 'nothing due' : `due ${seconds(dueMs)}`]
}

export function ofKept(kept: Kept): string[] {
  const { conversation } = kept
  if (conversation === undefined) return ['no conversation']
  return [
    `last ${conversation.lastSeq}`,
    `slow ${seconds(conversation.slowModeMs)}`,
    conversation.legalHold ? 'under legal hold' : 'free',
    conversation.openOfferId === undefined
      ? 'no open offer'
      : `open offer ${conversation.openOfferId}`,
    `leads ${conversation.lastMessageId}`,
    kept.cases.size === 0 ? 'no cases' : `cases ${[...kept.cases.keys()].join('+')}`,
    `members ${[...kept.members.keys()].toSorted().join('+')}`,
    `versions ${kept.changes.flatMap(({ versions }) => versions).length}`,
    `hides ${kept.changes.flatMap(({ hides }) => hides.map(({ userId }) => userId)).join('+')}`,
    `logged ${kept.changes.flatMap(({ log }) => log.map(({ action }) => action)).join('+')}`,
    ...[...kept.members.values()].flatMap((member) => ofMember(kept, member)),
    ...[...kept.messages.values()].flatMap(ofMessage),
  ]
}

function ofMember(kept: Kept, member: Member): string[] {
  const { userId, role, archived, pinned, draft, mutedUntilMs, silencedUntilMs } = member
  return [
    `${userId} is ${role}`,
    `${userId} unread ${unread(kept, userId)}`,
    `${userId} marks ${member.deliveredSeq}/${member.readSeq}`,
    `${userId} ${archived ? 'put away' : 'in the inbox'}`,
    `${userId} ${pinned ? 'pinned' : 'not pinned'}`,
    `${userId} draft ${draft ?? 'none'}`,
    `${userId} muted ${mutedUntilMs === undefined ? 'not' : seconds(mutedUntilMs)}`,
    `${userId} silenced ${silencedUntilMs === undefined ? 'not' : seconds(silencedUntilMs)}`,
  ]
}

function ofMessage({ view, state }: StoredMessage): string[] {
  const {
    messageId,
    kind,
    text,
    seq,
    offer,
    replyTo,
    reactions = [],
    attachment,
    system,
    editedAt,
  } = view
  return [
    `${messageId} ${state}`,
    `${messageId} ${kind}`,
    `${messageId} seq ${seq}`,
    text === '' ? `${messageId} silent` : `${messageId} says ${text}`,
    `${messageId} ${editedAt === undefined ? 'as sent' : 'edited'}`,
    ...(offer === undefined ? [] : [`${messageId} offer ${offer.state}`]),
    ...(offer?.orderId === undefined ? [] : [`${messageId} order ${offer.orderId}`]),
    ...(offer?.counterOf === undefined ? [] : [`${messageId} counters ${offer.counterOf}`]),
    ...(replyTo === undefined ? [] : [`${messageId} quotes ${replyTo.text}`]),
    ...(attachment === undefined ? [] : [`${messageId} holds ${attachment.attachmentId}`]),
    ...(system === undefined ? [] : [`${messageId} tells ${system.event}`]),
    `${messageId} has ${reactions.map(({ emoji, count }) => `${emoji}${count}`).join(' ') || 'no reactions'}`,
  ]
}
