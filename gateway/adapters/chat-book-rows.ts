// Conversations as the book reads them: which columns, and what they look like to whom.
import type {
  ConversationKind,
  ConversationView,
  MemberRole,
  MemberView,
  MessageView,
  OfferView,
  OwnMembership,
  SubjectType,
} from '../../protocol/chat.ts'

/** Of each conversation `c`: what everybody in it may see. */
export const conversationColumns = `
  c.conversation_id, c.kind, c.subject_type, c.subject_id, c.created_at_ms, c.last_seq, c.slow_mode_ms,
  people.members, offer.view -> 'offer' AS open_offer,
  (EXISTS (SELECT FROM blocks b WHERE b.blocker_id = c.buyer_id AND b.blocked_id = c.seller_id)
   OR EXISTS (SELECT FROM blocks b WHERE b.blocker_id = c.seller_id AND b.blocked_id = c.buyer_id)
  ) AS is_blocked`

export const conversationJoins = `
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object(
             'userId', p.user_id, 'role', p.role, 'joinedSeq', p.joined_seq,
             'deliveredSeq', p.delivered_seq, 'readSeq', p.read_seq,
             'toldDeliveredSeq', p.told_delivered_seq, 'toldReadSeq', p.told_read_seq,
             'hides', coalesce(s.hide_read_marks, false)) ORDER BY p.role, p.user_id) AS members
      FROM conversation_members p
      LEFT JOIN chat_settings s ON s.user_id = p.user_id
     WHERE c.kind <> 'room' AND p.conversation_id = c.conversation_id) people ON true
  LEFT JOIN messages offer
    ON offer.conversation_id = c.conversation_id AND offer.message_id = c.open_offer_id`

/** Whether the message `m` of `c` is neither deleted by its reader for itself nor, in a room, of one it has blocked. */
export function isShownTo(reader: string): string {
  return `
    NOT EXISTS (SELECT FROM message_hides h
                 WHERE h.conversation_id = m.conversation_id AND h.user_id = ${reader}
                   AND h.message_id = m.message_id)
    AND NOT ${isBlockedInRoom(reader, 'm.sender_id')}`
}

/** The message `m` of `c` as its reader may see it: in a room without what it quotes of those it has blocked. */
export function viewFor(reader: string): string {
  return `
    CASE WHEN m.view ? 'replyTo' AND ${isBlockedInRoom(reader, "m.view -> 'replyTo' ->> 'senderId'")}
         THEN m.view - 'replyTo' ELSE m.view END`
}

function isBlockedInRoom(reader: string, userId: string): string {
  return `
    (c.kind = 'room' AND EXISTS (SELECT FROM blocks b
                                  WHERE b.blocker_id = ${reader} AND b.blocked_id = ${userId}))`
}

export interface ConversationRow {
  readonly conversation_id: string
  readonly kind: ConversationKind
  readonly subject_type: SubjectType
  readonly subject_id: string
  readonly created_at_ms: number
  readonly last_seq: number
  readonly slow_mode_ms: number
  readonly members: readonly MemberRow[] | null
  readonly open_offer: OfferView | null
  /** Of a conversation between two: whether either has blocked the other. */
  readonly is_blocked: boolean
  readonly last_message: MessageView | null
}

interface MemberRow extends Required<MemberView> {
  readonly toldDeliveredSeq: number
  readonly toldReadSeq: number
  /** Its read mark from the others, and theirs from itself. */
  readonly hides: boolean
}

/** Of each conversation `c` and its membership `me`: how it stands for that user. */
export const ownColumns = `
  me.user_id, me.role, me.delivered_seq, me.read_seq, me.pinned, me.archived, me.muted_until_ms, me.draft,
  coalesce(newest.view, before.view) AS last_message,
  CASE WHEN c.kind = 'room' THEN 0
       ELSE coalesce(unread.count, 0) - coalesce(unread_hidden.count, 0) END AS unread`

/**
 * @param reader The parameter that is the user: in a room one may have no row. Unread messages are counted
 * in the index alone; of the few that the reader has deleted for itself the rows are looked up. Only where it
 * has deleted the last message, or in a room may have blocked its sender, the one before is looked for.
 */
export const ownJoins = (reader: string) => `
  LEFT JOIN message_hides hidden
    ON hidden.conversation_id = c.conversation_id AND hidden.user_id = ${reader}
       AND hidden.message_id = c.last_message_id
  LEFT JOIN messages newest
    ON newest.conversation_id = c.conversation_id AND newest.message_id = c.last_message_id
       AND hidden.message_id IS NULL AND c.kind <> 'room'
  LEFT JOIN LATERAL (
    SELECT ${viewFor(reader)} AS view FROM messages m
     WHERE (hidden.message_id IS NOT NULL OR c.kind = 'room')
       AND m.conversation_id = c.conversation_id AND m.seq IS NOT NULL AND ${isShownTo(reader)}
     ORDER BY m.seq DESC LIMIT 1) before ON true
  LEFT JOIN LATERAL (
    SELECT count(*) FROM messages m
     WHERE c.kind <> 'room' AND c.last_seq > me.read_seq
       AND m.conversation_id = c.conversation_id AND m.seq > me.read_seq
       AND m.sender_id <> me.user_id AND m.state = 'visible') unread ON true
  LEFT JOIN LATERAL (
    SELECT count(*) FROM message_hides h
      JOIN messages m ON m.conversation_id = h.conversation_id AND m.message_id = h.message_id
     WHERE c.kind <> 'room' AND c.last_seq > me.read_seq
       AND h.conversation_id = c.conversation_id AND h.user_id = me.user_id AND m.seq > me.read_seq
       AND m.sender_id <> me.user_id AND m.state = 'visible') unread_hidden ON true`

/** The columns of `me` are null for whoever is in a room without having spoken there. */
export interface OwnRow extends ConversationRow {
  readonly user_id: string | null
  readonly role: MemberRole | null
  readonly delivered_seq: number | null
  readonly read_seq: number | null
  readonly pinned: boolean | null
  readonly archived: boolean | null
  readonly muted_until_ms: number | null
  readonly draft: string | null
  readonly unread: number
}

/** As everybody in it may see it: read marks but of those who hide them. */
export function sharedView(row: ConversationRow): ConversationView {
  return viewOf(row, (member) => !member.hides)
}

/** As it stands for the user: read marks of others where neither side hides them. */
export function ownView(row: OwnRow): ConversationView {
  const { user_id: userId, unread, is_blocked: isBlocked } = row
  const hides = row.members?.find((member) => member.userId === userId)?.hides ?? false
  const members = row.members?.map((member) =>
    isBlocked && member.userId !== userId ? asTold(member) : member,
  )
  const view = viewOf(
    { ...row, members: members ?? null },
    (member) => member.userId === userId || !(hides || member.hides),
  )
  const you = ownMembership(row)
  return { ...view, unread, ...(you === undefined ? {} : { you }) }
}

/** What the others were told before the block: what it does since is not for them. */
const asTold = (member: MemberRow): MemberRow => ({
  ...member,
  deliveredSeq: member.toldDeliveredSeq,
  readSeq: member.toldReadSeq,
})

export function hidingReadMarks({ members }: ConversationRow): string[] {
  return (members ?? []).filter(({ hides }) => hides).map(({ userId }) => userId)
}

function viewOf(
  row: ConversationRow,
  showsReadMark: (member: MemberRow) => boolean,
): ConversationView {
  const { last_message: lastMessage, open_offer: openOffer } = row
  return {
    conversationId: row.conversation_id,
    kind: row.kind,
    [`${row.subject_type}Id`]: row.subject_id,
    members: (row.members ?? []).map((member) => {
      const { userId, role, joinedSeq, deliveredSeq, readSeq } = member
      const shown = { userId, role, joinedSeq, deliveredSeq }
      return showsReadMark(member) ? { ...shown, readSeq } : shown
    }),
    createdAt: row.created_at_ms,
    lastSeq: row.last_seq,
    slowModeMs: row.slow_mode_ms,
    unread: 0,
    ...(lastMessage === null ? {} : { lastMessage }),
    ...(openOffer === null ? {} : { openOffer }),
  }
}

function ownMembership(row: OwnRow): OwnMembership | undefined {
  const { role, delivered_seq, read_seq, muted_until_ms: mutedUntil, draft } = row
  if (role === null || delivered_seq === null || read_seq === null) return undefined
  return {
    role,
    deliveredSeq: delivered_seq,
    readSeq: read_seq,
    pinned: row.pinned === true,
    archived: row.archived === true,
    ...(mutedUntil === null ? {} : { mutedUntil }),
    ...(draft === null ? {} : { draft }),
  }
}
