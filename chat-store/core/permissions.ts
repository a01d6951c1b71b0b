// Who is inside a conversation, and what roles allow.
import type { Actor, Role } from '../../protocol/identity.ts'
import type { Conversation, Member } from './conversation.ts'
import type { ClientCommand, Scene } from './decision.ts'

const has = (actor: Actor, ...roles: readonly Role[]): boolean =>
  actor.roles.some((role) => roles.includes(role))

/** The marketplace's own back end. */
export const isService = (actor: Actor): boolean => has(actor, 'service')
/** Those who keep order everywhere. */
export const isModerator = (actor: Actor): boolean => has(actor, 'moderator', 'admin')

/** Open to everybody: it has no list of members, and keeps no marks. */
export function isRoom(conversation: Conversation): boolean {
  return conversation.terms.kind === 'room'
}

/** Whether the actor's roles allow the command, whatever conversation it is about. */
export function rolesAllow(command: ClientCommand): boolean {
  const { type, actor } = command
  if (type === 'set_legal_hold') return has(actor, 'service', 'admin')
  return type !== 'decide_case' || isModerator(actor)
}

/** Whether the conversation exists for the actor. A room is open to everybody. */
export function isInside(
  scene: Scene,
  conversation: Conversation,
  command: ClientCommand,
): boolean {
  if (isRoom(conversation) || scene.member(command.actor.userId) !== undefined) return true
  const { type, actor } = command
  if (type === 'delete_message') return command.forAll && isModerator(actor)
  if (type === 'send_message') return command.content.kind === 'system' && isService(actor)
  // Whose roles do not allow these has been turned away before.
  return type === 'set_legal_hold' || type === 'decide_case'
}

/** Those who keep order in a room: its seller, moderators, and the house. Slow mode is not for them. */
export function keepsRoom(conversation: Conversation, actor: Actor): boolean {
  return actor.userId === conversation.terms.sellerId || isModerator(actor) || isService(actor)
}

/** In a direct or order conversation, whether either of the two has blocked the other. */
export function isBlocked(scene: Scene, conversation: Conversation, userId: string): boolean {
  if (isRoom(conversation)) return false
  const own = scene.person(userId)?.blocks
  for (const member of scene.members()) {
    const other = member.userId
    if (other === userId) continue
    if (own?.has(other) === true || scene.person(other)?.blocks.has(userId) === true) return true
  }
  return false
}

/** The member row of somebody who has none yet. */
export function newMember(conversation: Conversation, userId: string): Member {
  const { terms, lastSeq } = conversation
  const role = memberRole(terms, userId)
  return {
    userId,
    role,
    joinedSeq: lastSeq,
    deliveredSeq: lastSeq,
    readSeq: lastSeq,
    toldDeliveredSeq: lastSeq,
    toldReadSeq: lastSeq,
    toldAtMs: 0,
    archived: false,
    pinned: false,
  }
}

function memberRole(terms: Conversation['terms'], userId: string): Member['role'] {
  if (userId === terms.sellerId) return 'seller'
  return userId === terms.buyerId ? 'buyer' : 'participant'
}
