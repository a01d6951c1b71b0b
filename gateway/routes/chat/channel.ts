// What may be asked of a conversation's channel besides its stream: what happened, who is there, and to
// tell the others that one is typing.
import { z } from 'zod'
import type { Clock } from '../../../platform/clock.ts'
import type { Limits } from '../../../platform/limits/limits.ts'
import type { Presence, PresenceEntry } from '../../../platform/presence/presence.ts'
import { chatChannel } from '../../../protocol/channels.ts'
import { type ErrorObject, errorObject } from '../../../protocol/errors.ts'
import type { Publication } from '../../../protocol/frames.ts'
import type { Identity } from '../../../protocol/identity.ts'
import { inManner, mannerFor } from '../../fanout/chat-visibility.ts'
import { presenceEntriesMax, typingHoldsMs } from '../../limits.ts'
import type { ChatAir } from '../../ports/chat-air.ts'
import type { ChatBook } from '../../ports/chat-book.ts'
import type { StreamRange } from '../../ports/lot-book.ts'
import { type Action, forbidden } from '../authorization.ts'
import type {
  ConversationDoor,
  ConversationSeen,
  ConversationTicket,
} from '../conversation-door.ts'

export interface ChatChannelOptions {
  readonly door: ConversationDoor
  readonly chatBook: Pick<ChatBook, 'card' | 'publications' | 'hidden' | 'silencedUntil'>
  readonly chatAir: ChatAir
  readonly presence: Presence
  readonly limits: Limits<'typingPerUser'>
  readonly clock: Clock
}

/**
 * The conversation, where the caller may do `action` with its channel. To whoever is not in it, it is as
 * unknown as one that does not exist.
 */
export async function enterChat(
  { door }: ChatChannelOptions,
  identity: Identity | undefined,
  conversationId: string,
  action: Action,
): Promise<ConversationSeen | { readonly error: ErrorObject }> {
  const seen = await door(identity, conversationId)
  if (seen === undefined) return { error: errorObject('unknown_channel') }
  const error = forbidden(action, identity, seen.about)
  if (error === undefined) return seen
  return { error: errorObject(seen.about.inConversation ? error : 'unknown_channel') }
}

/** The newest offset, and how to read what `identity` may see; undefined where it is gone. */
export async function chatStream(
  { chatBook }: ChatChannelOptions,
  identity: Identity | undefined,
  { conversationId, kind }: ConversationTicket,
) {
  const [card, people] = await Promise.all([
    chatBook.card(conversationId),
    identity === undefined ? undefined : chatBook.hidden(identity.userId),
  ])
  if (card === undefined) return undefined
  const blocked = people?.blocked ?? new Set()
  return {
    head: card.lastSeq,
    read: async (range: StreamRange): Promise<readonly Publication[]> => {
      const events = await chatBook.publications(conversationId, range)
      return events.map((event) => ({
        offset: event.seq,
        data: inManner(event.publication, mannerFor(kind, event, blocked)),
      }))
    },
  }
}

/** Who is there, as far as `identity` may know; the error where it may know of nobody. */
export async function chatPresence(
  options: ChatChannelOptions,
  identity: Identity | undefined,
  { ticket, about }: ConversationSeen,
): Promise<readonly PresenceEntry[] | { readonly error: ErrorObject }> {
  const error = ticket.kind === 'room' ? forbidden('chat.see_visitors', identity, about) : undefined
  if (error !== undefined) return { error: errorObject(error) }
  return await shown(options, identity, ticket.conversationId)
}

/** How many are there: in a room everybody counts, elsewhere those whom `identity` may know of. */
export async function chatPresenceCounts(
  options: ChatChannelOptions,
  identity: Identity | undefined,
  { conversationId, kind }: ConversationTicket,
): Promise<{ readonly clients: number; readonly users: number }> {
  if (kind === 'room') return await options.presence.counts(chatChannel(conversationId))
  const entries = await shown(options, identity, conversationId)
  return { clients: entries.length, users: new Set(entries.map(({ user }) => user)).size }
}

/** Without those between whom and `identity` there is a block. */
async function shown(
  { presence, chatBook }: ChatChannelOptions,
  identity: Identity | undefined,
  conversationId: string,
): Promise<readonly PresenceEntry[]> {
  const [entries, people] = await Promise.all([
    presence.list(chatChannel(conversationId), presenceEntriesMax),
    identity === undefined ? undefined : chatBook.hidden(identity.userId),
  ])
  return entries.filter(({ user }) => !people?.blocked.has(user) && !people?.blockedBy.has(user))
}

const Typing = z.object({ type: z.literal('typing') })
const expected = 'only {"type":"typing"} may be published; messages are sent by chat.send'

/** Tells the others that somebody types; the error where that may not be. */
export async function publishTyping(
  options: ChatChannelOptions,
  identity: Identity,
  { ticket }: ConversationSeen,
  data: unknown,
): Promise<ErrorObject | undefined> {
  const { chatAir, clock, limits } = options
  const { conversationId } = ticket
  const { userId } = identity
  if (!Typing.safeParse(data).success) return errorObject('bad_request', expected)
  const verdict = await limits.take('typingPerUser', userId, conversationId)
  if (!verdict.allowed) return errorObject('too_many_requests')
  const [silencedUntilMs = 0, isBlocked] = await Promise.all([
    options.chatBook.silencedUntil(conversationId, userId),
    isBlockedThere(options, ticket, userId),
  ])
  if (silencedUntilMs > clock.nowMs()) return errorObject('permission_denied')
  // Whoever is blocked notices nothing.
  if (isBlocked) return undefined
  chatAir.say({ conversationId, typing: { userId, expiresAt: clock.nowMs() + typingHoldsMs } })
  return undefined
}

/** Whether there is a block between the two of a conversation; in a room each socket is asked. */
async function isBlockedThere(
  { chatBook }: ChatChannelOptions,
  { kind, memberIds }: ConversationTicket,
  userId: string,
): Promise<boolean> {
  if (kind === 'room') return false
  const { blocked, blockedBy } = await chatBook.hidden(userId)
  return memberIds.some((other) => blocked.has(other) || blockedBy.has(other))
}
