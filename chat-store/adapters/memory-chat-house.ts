// The house over the tables in memory; see memory-chat-log.ts.
import type { ModerationRule } from '../../protocol/moderation.ts'
import type { Member, Person } from '../core/conversation.ts'
import type { ChatHouse } from '../ports/chat-house.ts'
import { type MemoryChat, unknownPerson } from './memory-chat-log.ts'
import type { ConversationRows } from './memory-conversation.ts'

export interface MemoryChatHouse extends ChatHouse {
  /** Who was asked to be erased. */
  readonly erasures: ReadonlySet<string>
}

interface PersonChanges extends Partial<Omit<Person, 'silencedUntilMs'>> {
  readonly silencedUntilMs?: number | undefined
}

export function createMemoryChatHouse(chat: MemoryChat): MemoryChatHouse {
  let rules: readonly ModerationRule[] = []
  const erasures = new Set<string>()
  const change = (userId: string, changes: PersonChanges) => {
    const before = chat.people.get(userId) ?? unknownPerson
    const { silencedUntilMs, ...person } = { ...before, ...changes }
    chat.people.set(userId, silencedUntilMs === undefined ? person : { ...person, silencedUntilMs })
  }
  const setBlocks = (blockerId: string, blockedId: string, blocked: boolean) => {
    const blocks = new Set(chat.people.get(blockerId)?.blocks)
    if (blocks.has(blockedId) === blocked) return false
    if (blocked) blocks.add(blockedId)
    else blocks.delete(blockedId)
    change(blockerId, { blocks })
    for (const [conversationId, { conversation, members }] of chat.conversations) {
      const common = members.has(blockerId) && members.has(blockedId)
      if (common && conversation.terms.kind !== 'room') chat.raiseVersion(conversationId)
    }
    return true
  }
  return {
    erasures,
    block: async (blockerId, blockedId) => setBlocks(blockerId, blockedId, true),
    unblock: async (blockerId, blockedId) => setBlocks(blockerId, blockedId, false),
    setHidesReadMarks: async (userId, hidesReadMarks) => change(userId, { hidesReadMarks }),
    silence: async ({ userId, conversationId, until }) => {
      if (conversationId === undefined) {
        change(userId, { silencedUntilMs: until ?? undefined })
        for (const [id, { members }] of chat.conversations) {
          if (members.has(userId)) chat.raiseVersion(id)
        }
      } else {
        silenceIn(chat.conversations.get(conversationId), userId, until)
        chat.raiseVersion(conversationId)
      }
    },
    rules: async () => rules,
    setRules: async (newRules) => {
      rules = newRules
    },
    addAttachment: async (attachment) => {
      chat.attachments.set(attachment.attachmentId, { ...attachment, state: 'pending' })
    },
    attachments: async (attachmentIds) =>
      attachmentIds.flatMap((attachmentId) => chat.attachments.get(attachmentId) ?? []),
    settleAttachment: async (attachmentId, found) => {
      const attachment = chat.attachments.get(attachmentId)
      if (attachment?.state === 'pending')
        chat.attachments.set(attachmentId, { ...attachment, ...found })
    },
    requestErasure: async (userId) => {
      erasures.add(userId)
    },
  }
}

/** In a room anybody may be silenced, spoken or not; elsewhere only a member. */
function silenceIn(rows: ConversationRows | undefined, userId: string, until: number | null): void {
  const seq = rows?.conversation.lastSeq ?? 0
  const isRoom = rows?.conversation.terms.kind === 'room'
  const newcomer = {
    userId,
    role: 'participant',
    joinedSeq: seq,
    deliveredSeq: seq,
    readSeq: seq,
    toldDeliveredSeq: 0,
    toldReadSeq: 0,
    toldAtMs: 0,
    archived: false,
    pinned: false,
  } as const
  const found: Member | undefined = rows?.members.get(userId) ?? (isRoom ? newcomer : undefined)
  if (rows === undefined || found === undefined) return
  const { silencedUntilMs: _before, ...member } = found
  rows.members.set(userId, until === null ? member : { ...member, silencedUntilMs: until })
}
