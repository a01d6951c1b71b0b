// Who is in a conversation: its two people; in a room whoever may see what the room is about. To all others
// a conversation is not there, and one that does not exist looks the same to them.
import type { Identity } from '../../protocol/identity.ts'
import { conversationsRememberedMax } from '../limits.ts'
import type { ChatBook, ConversationCard } from '../ports/chat-book.ts'
import type { About } from './authorization.ts'
import type { LotVisibility } from './visible-lot.ts'

/** What is fixed when a conversation is made, and so may be remembered. */
export type ConversationTicket = Omit<ConversationCard, 'lastSeq'>

export interface ConversationSeen {
  readonly ticket: ConversationTicket
  /** What the table of rights wants to know. */
  readonly about: About & { readonly inConversation: boolean }
}

/** The conversation as the caller meets it, or undefined where there is none. */
export type ConversationDoor = (
  identity: Identity | undefined,
  conversationId: string,
) => Promise<ConversationSeen | undefined>

export interface ConversationDoorOptions {
  readonly chatBook: Pick<ChatBook, 'card'>
  readonly maySeeLot: LotVisibility
}

/** Remembers the conversations it has seen, so that a message costs no reading of who may send it. */
export function createConversationDoor(options: ConversationDoorOptions): ConversationDoor {
  const { chatBook, maySeeLot } = options
  const remembered = new Map<string, ConversationTicket>()

  async function ticketOf(conversationId: string): Promise<ConversationTicket | undefined> {
    const known = remembered.get(conversationId)
    if (known !== undefined) return known
    const card = await chatBook.card(conversationId)
    if (card === undefined) return undefined
    const { lastSeq: _, ...ticket } = card
    // Forgetting all of them now and then is cheaper than keeping their order, and costs a reading each.
    if (remembered.size >= conversationsRememberedMax) remembered.clear()
    remembered.set(conversationId, ticket)
    return ticket
  }

  return async (identity, conversationId) => {
    const ticket = await ticketOf(conversationId)
    if (ticket === undefined) return undefined
    const inConversation = await isIn(ticket, identity, maySeeLot)
    const { sellerId } = ticket
    return { ticket, about: { inConversation, ...(sellerId === undefined ? {} : { sellerId }) } }
  }
}

async function isIn(
  { kind, lotId, memberIds }: ConversationTicket,
  identity: Identity | undefined,
  maySeeLot: LotVisibility,
): Promise<boolean> {
  if (kind !== 'room') return identity !== undefined && memberIds.includes(identity.userId)
  return lotId === undefined || (await maySeeLot(identity, lotId))
}
