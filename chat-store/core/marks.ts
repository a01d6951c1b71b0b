// Delivered and read marks, and the receipts that tell of them: at most one a second of each member.
import type { ChatPublication } from '../../protocol/chat.ts'
import type { LoggedEvent } from './change.ts'
import type { Conversation, Member } from './conversation.ts'
import type { Asked, CommandOf, Decision, Effects, Scene } from './decision.ts'
import { receiptIntervalMs } from './limits.ts'
import { isBlocked, isRoom } from './permissions.ts'
import { accepted, refused } from './replies.ts'

/** Moves the actor's marks forward, never back. What was read was delivered. */
export function mark(asked: Asked<CommandOf<'mark'>>): Decision {
  const { scene, conversation, command, atMs } = asked
  const member = scene.member(command.actor.userId)
  // A room keeps no marks: it would be a row for everybody who looks in.
  if (member === undefined || isRoom(conversation)) return refused(asked, { code: 'not_permitted' })
  const { delivered = 0, read = 0 } = command
  if (Math.max(delivered, read) > conversation.lastSeq) {
    return refused(asked, { code: 'mark_beyond_end', fields: { max: conversation.lastSeq } })
  }
  const readSeq = Math.max(member.readSeq, read)
  const deliveredSeq = Math.max(member.deliveredSeq, delivered, readSeq)
  if (readSeq === member.readSeq && deliveredSeq === member.deliveredSeq) {
    return accepted(asked, { deliveredSeq, readSeq })
  }
  const marked = { ...member, readSeq, deliveredSeq }
  const receipt = receiptDue(scene, conversation, marked, atMs)
  const effects =
    receipt === undefined ? { members: [marked] } : told(conversation, [receipt], atMs)
  return accepted(asked, { deliveredSeq, readSeq }, effects)
}

/** Tells the marks that were held back and are due now; undefined where none is. */
export function tellReceipts(
  scene: Scene,
  conversation: Conversation,
  atMs: number,
): Effects | undefined {
  if (isRoom(conversation)) return undefined
  const due = [...scene.members()].flatMap(
    (member) => receiptDue(scene, conversation, member, atMs) ?? [],
  )
  return due.length === 0 ? undefined : told(conversation, due, atMs)
}

/** When marks that were held back are to be told; undefined where there are none. */
export function receiptsDueMs(scene: Scene, conversation: Conversation): number | undefined {
  if (isRoom(conversation)) return undefined
  let dueMs: number | undefined
  for (const member of scene.members()) {
    if (receiptOf(scene, conversation, member) === undefined) continue
    dueMs = Math.min(dueMs ?? Infinity, member.toldAtMs + receiptIntervalMs)
  }
  return dueMs
}

interface Receipt {
  readonly member: Member
  readonly receipt: NonNullable<ChatPublication['receipt']>
}

function receiptDue(
  scene: Scene,
  conversation: Conversation,
  member: Member,
  atMs: number,
): Receipt | undefined {
  // On a clock that has stepped back far, nobody waits for it to come round again.
  const sinceMs = Math.abs(atMs - member.toldAtMs)
  if (sinceMs < receiptIntervalMs) return undefined
  const receipt = receiptOf(scene, conversation, member)
  return receipt === undefined ? undefined : { member, receipt }
}

/**
 * What the others do not know yet of the member's marks and may know. A mark that passes no message is no
 * news: two devices that mark whatever they hear would answer each other's receipts for ever.
 */
function receiptOf(
  scene: Scene,
  conversation: Conversation,
  member: Member,
): Receipt['receipt'] | undefined {
  const { userId, deliveredSeq, readSeq } = member
  const isNews = (seq: number, toldSeq: number): boolean =>
    Math.min(seq, conversation.lastMessageSeq) > toldSeq
  const showsRead = isNews(readSeq, member.toldReadSeq) && !hidesReadMarks(scene)
  if (!isNews(deliveredSeq, member.toldDeliveredSeq) && !showsRead) return undefined
  // What one does who is blocked, or blocks, stays with it.
  if (isBlocked(scene, conversation, userId)) return undefined
  return hidesReadMarks(scene) ? { userId, deliveredSeq } : { userId, deliveredSeq, readSeq }
}

/** Whoever hides its own read marks sees nobody's, so one of the two is enough. */
function hidesReadMarks(scene: Scene): boolean {
  for (const { userId } of scene.members()) {
    if (scene.person(userId)?.hidesReadMarks === true) return true
  }
  return false
}

function told(conversation: Conversation, receipts: readonly Receipt[], atMs: number): Effects {
  const events = receipts.map(
    ({ member, receipt }, nth): LoggedEvent => ({
      seq: conversation.lastSeq + 1 + nth,
      atMs,
      type: 'receipt',
      actorId: member.userId,
      detail: { receipt },
    }),
  )
  const members = receipts.map(({ member, receipt }) => ({
    ...member,
    toldDeliveredSeq: receipt.deliveredSeq,
    toldReadSeq: receipt.readSeq ?? member.toldReadSeq,
    toldAtMs: atMs,
  }))
  const lastSeq = conversation.lastSeq + receipts.length
  return { conversation: { ...conversation, lastSeq }, members, events }
}
