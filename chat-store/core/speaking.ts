// Whether somebody may speak in a conversation now.
import type { Asked, Refusal } from './decision.ts'
import { isBlocked, isRoom, isService, keepsRoom } from './permissions.ts'

/** Why the actor may say nothing new here now: silenced, blocked. The house can not be silenced. */
export function speakerRefusal(asked: Asked): Refusal | undefined {
  return silenceRefusal(asked) ?? blockRefusal(asked)
}

/** Why nothing the actor does here may reach the other side: one has blocked the other. */
export function blockRefusal({ scene, conversation, command }: Asked): Refusal | undefined {
  const { userId } = command.actor
  return isBlocked(scene, conversation, userId) ? { code: 'blocked' } : undefined
}

function silenceRefusal({ scene, command, atMs }: Asked): Refusal | undefined {
  const { actor } = command
  if (isService(actor)) return undefined
  const here = scene.member(actor.userId)?.silencedUntilMs ?? 0
  const everywhere = scene.person(actor.userId)?.silencedUntilMs ?? 0
  const until = Math.max(here, everywhere)
  return until > atMs ? { code: 'muted_by_moderator', fields: { until } } : undefined
}

/** In a room with slow mode: whether the actor's last message is too recent. */
export function slowModeRefusal({
  scene,
  conversation,
  command,
  atMs,
}: Asked): Refusal | undefined {
  const { slowModeMs } = conversation
  if (slowModeMs === 0 || !isRoom(conversation)) return undefined
  const { actor } = command
  const spokeAtMs = scene.spokeAtMs(actor.userId)
  if (spokeAtMs === undefined || keepsRoom(conversation, actor)) return undefined
  // On a clock that has stepped back nobody waits longer than the pause.
  const retryAfterMs = Math.min(spokeAtMs + slowModeMs - atMs, slowModeMs)
  return retryAfterMs > 0 ? { code: 'slow_mode', fields: { retryAfterMs } } : undefined
}
