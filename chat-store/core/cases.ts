// What a moderator makes of a case: a held message, or a report.
import { appearing, membersAfter } from './appearing.ts'
import type { LogEntry } from './change.ts'
import type { Member, StoredMessage } from './conversation.ts'
import type { Asked, CommandOf, Decision, Effects, Refusal } from './decision.ts'
import { buried } from './delete.ts'
import { isBlocked, isRoom, newMember } from './permissions.ts'
import { accepted, refused } from './replies.ts'

type Deciding = Asked<CommandOf<'decide_case'>>

/**
 * Decides a case once. `release` gives a held message its place; `remove` leaves a tombstone of the
 * message; `dismiss` closes the case and touches nothing, so a held message stays out of sight.
 */
export function decideCase(asked: Deciding): Decision {
  const { scene, command } = asked
  const { caseId, decision, muteSenderUntil } = command.decision
  const found = scene.openCase(caseId)
  if (found === undefined) return refused(asked, { code: 'case_decided' })
  const { messageId } = found
  const message = messageId === undefined ? undefined : scene.message(messageId)
  // To release, remove or mute there must be something that was said.
  const isAboutMessage = decision !== 'dismiss' || muteSenderUntil !== undefined
  if (isAboutMessage && message === undefined) return refused(asked, { code: 'message_missing' })
  const refusal = decision === 'release' ? mayNotRelease(asked, message) : undefined
  if (refusal !== undefined) return refused(asked, refusal)
  const effects = message === undefined ? {} : effectsOn(asked, message)
  return accepted(
    asked,
    { caseId, ...(messageId === undefined ? {} : { messageId }) },
    {
      ...effects,
      members: [...(effects.members ?? []), ...silenced(asked, message, effects.members ?? [])],
      caseDecided: { caseId, decision, decidedBy: command.actor.userId },
      log: logEntry(asked, message),
    },
  )
}

/** A block that came since holds for what was said before it, too. */
function mayNotRelease(
  { scene, conversation }: Deciding,
  message: StoredMessage | undefined,
): Refusal | undefined {
  if (message?.state !== 'held') return { code: 'message_missing' }
  return isBlocked(scene, conversation, message.view.senderId) ? { code: 'blocked' } : undefined
}

function effectsOn(asked: Deciding, message: StoredMessage): Effects {
  const { command } = asked
  switch (command.decision.decision) {
    case 'release':
      return released(asked, message)
    case 'remove':
      return message.state === 'deleted' ? {} : buried(asked, message, command.actor.userId)
    case 'dismiss':
      return {}
  }
}

/** As if it were sent now, but under the time at which its sender said it. */
function released(asked: Deciding, held: StoredMessage): Effects {
  const { conversation, message, event } = appearing(asked, held.view, held.sinceMs)
  return {
    conversation,
    messages: [message],
    events: [event],
    members: membersAfter(asked, held.view.senderId),
  }
}

/** Mutes the sender in this conversation. One that is no member (the house) can not be muted. */
function silenced(
  { scene, conversation, command }: Deciding,
  message: StoredMessage | undefined,
  changed: readonly Member[],
): readonly Member[] {
  const { muteSenderUntil } = command.decision
  if (muteSenderUntil === undefined || message === undefined) return []
  const { senderId } = message.view
  const known = changed.find(({ userId }) => userId === senderId) ?? scene.member(senderId)
  const member = known ?? (isRoom(conversation) ? newMember(conversation, senderId) : undefined)
  return member === undefined ? [] : [{ ...member, silencedUntilMs: muteSenderUntil }]
}

function logEntry({ command }: Deciding, message: StoredMessage | undefined): LogEntry {
  const { caseId, decision, muteSenderUntil, note } = command.decision
  return {
    moderatorId: command.actor.userId,
    action: decision,
    caseId,
    ...(message === undefined ? {} : { userId: message.view.senderId }),
    detail: {
      ...(message === undefined ? {} : { messageId: message.view.messageId }),
      ...(muteSenderUntil === undefined ? {} : { muteSenderUntil }),
      ...(note === undefined ? {} : { note }),
    },
  }
}
