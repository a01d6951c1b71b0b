// Keeping order in a conversation: its slow mode, legal hold, and what is brought before the moderators.
import type { LoggedEvent } from './change.ts'
import type { Asked, CommandOf, Decision } from './decision.ts'
import { isRoom, keepsRoom } from './permissions.ts'
import { accepted, refused } from './replies.ts'

/** In a room, by those who keep it; everybody there is told. */
export function setSlowMode(asked: Asked<CommandOf<'set_slow_mode'>>): Decision {
  const { conversation, command, atMs } = asked
  const { slowModeMs, actor } = command
  if (!isRoom(conversation) || !keepsRoom(conversation, actor)) {
    return refused(asked, { code: 'not_permitted' })
  }
  if (slowModeMs === conversation.slowModeMs) return accepted(asked, {})
  const seq = conversation.lastSeq + 1
  const event: LoggedEvent = {
    seq,
    atMs,
    type: 'conversation_changed',
    actorId: actor.userId,
    detail: { conversation: { slowModeMs } },
  }
  const after = { ...conversation, slowModeMs, lastSeq: seq }
  return accepted(asked, {}, { conversation: after, events: [event] })
}

/** Nothing of the conversation is deleted for good while it is held. Logged, and told to nobody. */
export function setLegalHold(asked: Asked<CommandOf<'set_legal_hold'>>): Decision {
  const { conversation, command } = asked
  const { held, actor } = command
  if (held === conversation.legalHold) return accepted(asked, {})
  const log = { moderatorId: actor.userId, action: 'legal_hold', detail: { held } }
  return accepted(asked, {}, { conversation: { ...conversation, legalHold: held }, log })
}

/** Opens a case about a message, or about the conversation. What was deleted can still be reported. */
export function report(asked: Asked<CommandOf<'report'>>): Decision {
  const { scene, command } = asked
  const { caseId, actor } = command
  const { messageId, reason, note } = command.report
  if (messageId !== undefined) {
    const message = scene.message(messageId)
    if (message === undefined || message.state === 'held') {
      return refused(asked, { code: 'message_missing' })
    }
  }
  return accepted(
    asked,
    { caseId },
    {
      caseOpened: {
        caseId,
        kind: 'report',
        ...(messageId === undefined ? {} : { messageId }),
        reportedBy: actor.userId,
        reason,
        ...(note === undefined ? {} : { note }),
        rules: [],
      },
    },
  )
}
