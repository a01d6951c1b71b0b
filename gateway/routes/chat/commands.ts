// What all commands on a conversation have in common: a token, a conversation that is there for the
// caller, the right, the limit, and at last the chat store.
import type { Clock } from '../../../platform/clock.ts'
import type { Limits } from '../../../platform/limits/limits.ts'
import type { ChatRefusalFields, ChatRefused } from '../../../protocol/chat.ts'
import type { ConversationCommand } from '../../../protocol/chat-store.ts'
import type { Actor } from '../../../protocol/identity.ts'
import { type ChatRefusalCode, isRetryable } from '../../../protocol/refusals.ts'
import type { GatewayLimit } from '../../limits.ts'
import type { ChatStore } from '../../ports/chat-store.ts'
import type { Caller } from '../../ports/desk.ts'
import type { Action } from '../authorization.ts'
import type { ConversationDoor, ConversationTicket } from '../conversation-door.ts'
import { type MethodResult, permitted, tokenNeeded } from '../method.ts'

export interface ChatCommandOptions {
  readonly chatStore: ChatStore
  readonly door: ConversationDoor
  readonly limits: Limits<GatewayLimit>
  readonly clock: Clock
}

/** By what a client knows its command again. */
export interface CommandNames {
  readonly conversationId: string
  readonly clientMessageId?: string
}

/** A command before it has its actor and its conversation. */
type Order = ConversationCommand extends infer Command
  ? Command extends ConversationCommand
    ? Omit<Command, 'actor' | 'conversationId'>
    : never
  : never

/** A refusal given by the gateway itself: the chat store was not asked and nothing was recorded. */
export function chatRefused(
  code: ChatRefusalCode,
  about: Pick<ChatRefused, 'serverTime' | 'conversationId' | 'clientMessageId'>,
  fields: ChatRefusalFields = {},
): Extract<MethodResult, { readonly kind: 'outcome' }> {
  const retryable = isRetryable(code)
  return { kind: 'outcome', outcome: { outcome: 'refused', code, ...about, ...fields, retryable } }
}

/**
 * The actor where the caller may do `action` in the conversation. Whoever is not in it and has no right
 * besides is told what would be told of a conversation that does not exist.
 */
export async function allowedIn(
  { door, clock }: Pick<ChatCommandOptions, 'door' | 'clock'>,
  caller: Caller,
  action: Action,
  names: CommandNames,
): Promise<
  | { readonly actor: Actor; readonly ticket: ConversationTicket; readonly inConversation: boolean }
  | { readonly denied: MethodResult }
> {
  // Who has no token is told so before anything is looked up: it learns nothing about the conversation.
  if (caller.identity === undefined) return { denied: tokenNeeded }
  const seen = await door(caller.identity, names.conversationId)
  const absent = () => chatRefused('not_member', { ...names, serverTime: clock.nowMs() })
  if (seen === undefined) return { denied: absent() }
  const { ticket, about } = seen
  const right = permitted(action, caller, about)
  if ('actor' in right) return { ...right, ticket, inConversation: about.inConversation }
  return { denied: about.inConversation ? right.denied : absent() }
}

/** Undefined where the user may say one thing more. */
export async function heldBack(
  { limits, clock }: Pick<ChatCommandOptions, 'limits' | 'clock'>,
  userId: string,
  names: CommandNames,
): Promise<MethodResult | undefined> {
  const rate = await limits.take('messagesPerUser', userId)
  if (rate.allowed) return undefined
  const { retryAfterMs } = rate
  const about = { ...names, serverTime: clock.nowMs() }
  return { ...chatRefused('rate_limited', about, { retryAfterMs }), limit: 'messagesPerUser' }
}

/** How a command counts against what its sender may say in a while: marks and settings are free. */
type Pace = 'as_message' | 'free'

/** Brings a command to the chat store, for those whom the table lets. */
export async function command(
  options: ChatCommandOptions,
  caller: Caller,
  action: Action,
  names: CommandNames,
  pace: Pace,
  order: Order,
): Promise<MethodResult> {
  const allowed = await allowedIn(options, caller, action, names)
  if ('denied' in allowed) return allowed.denied
  const { actor } = allowed
  const held = pace === 'free' ? undefined : await heldBack(options, actor.userId, names)
  if (held !== undefined) return held
  const { conversationId } = names
  const outcome = await options.chatStore.submit({ ...order, conversationId, actor })
  return { kind: 'outcome', outcome }
}
