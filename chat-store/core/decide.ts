// The one place where it is decided what a command does to a conversation. Pure and total: the same
// facts, command, instant and setting always give the same decision.

import { decideCase } from './cases.ts'
import type { Answered } from './conversation.ts'
import type { Asked, ClientCommand, CommandOf, Decision, Scene } from './decision.ts'
import { deleteMessage } from './delete.ts'
import { editMessage } from './edit.ts'
import { fingerprintOf, isRepeatable, type RepeatableCommand } from './fingerprint.ts'
import { mark } from './marks.ts'
import { updateMembership } from './membership.ts'
import { answerOffer, counterOffer } from './offers.ts'
import { openConversation } from './open.ts'
import { report, setLegalHold, setSlowMode } from './oversight.ts'
import { isInside, rolesAllow } from './permissions.ts'
import { react } from './react.ts'
import { refused } from './replies.ts'
import { sendMessage } from './send.ts'
import type { Setting } from './setting.ts'

/** Decides `command` on what `scene` shows, at `atMs` (epoch ms). */
export function decide(
  scene: Scene,
  command: ClientCommand,
  atMs: number,
  setting: Setting,
): Decision {
  if (command.type === 'open_conversation') return openConversation(scene, command, atMs, setting)
  if (!rolesAllow(command)) return refused({ command, atMs }, { code: 'not_permitted' })
  if (!isRepeatable(command)) return inside(scene, command, atMs, setting)
  const earlier = scene.answer(command.clientMessageId, command.actor.userId)
  if (earlier !== undefined) return again(scene, command, atMs, earlier)
  return remembered(command, inside(scene, command, atMs, setting))
}

/** A repeat hears the first answer, unless it says something else under the same id. */
function again(
  scene: Scene,
  command: RepeatableCommand,
  atMs: number,
  { fingerprint, reply }: Answered,
): Decision {
  if (fingerprint !== fingerprintOf(command)) {
    return refused({ command, atMs }, { code: 'idempotency_mismatch' })
  }
  // Only what an offer was answered with holds the message, and that is told as it is now.
  const answersOffer = command.type !== 'send_message' && reply.messageId === command.offerId
  const message = answersOffer ? scene.message(command.offerId)?.view : undefined
  return {
    reply: { ...reply, ...(message === undefined ? {} : { message }), replayed: true },
  }
}

/** What is accepted is answered the same for ever. Nothing that was said is in what is kept. */
function remembered(command: RepeatableCommand, decision: Decision): Decision {
  const { reply, effects } = decision
  if (reply.outcome !== 'accepted') return decision
  const { message: _said, ...kept } = reply
  const answer = {
    actorId: command.actor.userId,
    commandId: command.clientMessageId,
    fingerprint: fingerprintOf(command),
    reply: kept,
  }
  return { reply, effects: { ...effects, answer } }
}

/** A command on a conversation that is there before it. */
type InsideCommand = Exclude<ClientCommand, CommandOf<'open_conversation'>>

/** To whoever is outside, a conversation of others and none at all are alike. */
function inside(scene: Scene, command: InsideCommand, atMs: number, setting: Setting): Decision {
  const { conversation } = scene
  if (conversation === undefined) {
    const code = command.type === 'decide_case' ? 'case_decided' : 'not_member'
    return refused({ command, atMs }, { code })
  }
  if (!isInside(scene, conversation, command)) {
    return refused({ command, atMs }, { code: 'not_member' })
  }
  return carryOut({ scene, conversation, atMs, setting }, command)
}

function carryOut(where: Omit<Asked, 'command'>, command: InsideCommand): Decision {
  switch (command.type) {
    case 'send_message':
      return sendMessage({ ...where, command })
    case 'edit_message':
      return editMessage({ ...where, command })
    case 'delete_message':
      return deleteMessage({ ...where, command })
    case 'react':
      return react({ ...where, command })
    case 'mark':
      return mark({ ...where, command })
    case 'counter_offer':
      return counterOffer({ ...where, command })
    case 'accept_offer':
    case 'decline_offer':
    case 'withdraw_offer':
      return answerOffer({ ...where, command })
    case 'update_membership':
      return updateMembership({ ...where, command })
    case 'set_slow_mode':
      return setSlowMode({ ...where, command })
    case 'set_legal_hold':
      return setLegalHold({ ...where, command })
    case 'report':
      return report({ ...where, command })
    case 'decide_case':
      return decideCase({ ...where, command })
  }
}
