// Commands for tests: two people who talk about a listing, and what they say.
import { uuidv7 } from '../../platform/ids.ts'
import type { ConversationCommand, ConversationTerms } from '../../protocol/chat-store.ts'
import type { Role } from '../../protocol/identity.ts'

type CommandOf<T extends ConversationCommand['type']> = Extract<ConversationCommand, { type: T }>

export const actor = (userId: string, ...roles: Role[]) => ({ userId, roles })

/** Bea buys, Sam sells. */
const directTerms: ConversationTerms = {
  kind: 'direct',
  subject: { type: 'listing', id: 'listing-1' },
  buyerId: 'bea',
  sellerId: 'sam',
}

export function roomTerms(lotId = uuidv7()): ConversationTerms {
  return { kind: 'room', subject: { type: 'lot', id: lotId }, sellerId: 'sam' }
}

export function open(
  conversationId: string,
  terms: ConversationTerms = directTerms,
): CommandOf<'open_conversation'> {
  return { type: 'open_conversation', conversationId, actor: actor('bea'), terms }
}

export function say(
  conversationId: string,
  by: string,
  text: string,
  clientMessageId = uuidv7(),
): CommandOf<'send_message'> {
  return {
    type: 'send_message',
    conversationId,
    actor: actor(by),
    messageId: uuidv7(),
    clientMessageId,
    content: { kind: 'text', text },
  }
}

export function offer(
  conversationId: string,
  by: string,
  amount: number,
  expiresAt: number,
): CommandOf<'send_message'> {
  return {
    ...say(conversationId, by, ''),
    content: { kind: 'offer', offer: { amount, currency: 'USD', expiresAt } },
  }
}

export function mark(
  conversationId: string,
  by: string,
  marks: { readonly delivered?: number; readonly read?: number },
): CommandOf<'mark'> {
  return { type: 'mark', conversationId, actor: actor(by), ...marks }
}
