// How a conversation stands for one of its members alone.
import type { Member } from './conversation.ts'
import type { Asked, CommandOf, Decision } from './decision.ts'
import { newMember } from './permissions.ts'
import { accepted } from './replies.ts'

type Changes = CommandOf<'update_membership'>['changes']

/** Pins, archives, keeps a draft, mutes. In a room the member's row is made with it. */
export function updateMembership(asked: Asked<CommandOf<'update_membership'>>): Decision {
  const { scene, conversation, command } = asked
  const { userId } = command.actor
  const before = scene.member(userId) ?? newMember(conversation, userId)
  const after = updated(before, command.changes)
  return isSame(before, after) ? accepted(asked, {}) : accepted(asked, {}, { members: [after] })
}

function updated(member: Member, changes: Changes): Member {
  const { draft: formerDraft, mutedUntilMs: formerMute, ...rest } = member
  const { pinned = member.pinned, archived = member.archived } = changes
  const draft = changes.draft === undefined ? formerDraft : (changes.draft ?? '')
  const mutedUntilMs = changes.mutedUntil === undefined ? formerMute : (changes.mutedUntil ?? 0)
  return {
    ...rest,
    pinned,
    archived,
    // An empty draft is none, and a mute that ended in 1970 neither.
    ...(draft === undefined || draft === '' ? {} : { draft }),
    ...(mutedUntilMs === undefined || mutedUntilMs === 0 ? {} : { mutedUntilMs }),
  }
}

function isSame(one: Member, other: Member): boolean {
  return (
    one.pinned === other.pinned &&
    one.archived === other.archived &&
    one.draft === other.draft &&
    one.mutedUntilMs === other.mutedUntilMs
  )
}
