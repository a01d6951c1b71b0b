// Conversations: opening and reading them, the inbox, and how one keeps them for oneself.
import type { MethodParams } from '../../../protocol/methods.ts'
import type { Caller } from '../../ports/desk.ts'
import { type MethodHandlers, type MethodResult, permitted } from '../method.ts'
import { allowedIn, chatRefused, command } from './commands.ts'
import { type OpenOptions, openConversation } from './open.ts'
import { pageOrFault } from './pages.ts'

export type ConversationRoutesOptions = OpenOptions

type ConversationMethod =
  | 'chat.open'
  | 'chat.list'
  | 'chat.get'
  | 'chat.search'
  | 'chat.update'
  | 'chat.mute'
  | 'chat.slowMode'
  | 'chat.legalHold'

export function conversationRoutes(
  options: ConversationRoutesOptions,
): MethodHandlers<ConversationMethod> {
  const { chatBook } = options
  return {
    'chat.open': async (caller, params) => await openConversation(options, caller, params),
    'chat.list': async (caller, params) => {
      const right = permitted('chat.list', caller)
      if ('denied' in right) return right.denied
      return pageOrFault(await chatBook.conversations(right.actor.userId, params))
    },
    'chat.get': async (caller, params) => await getConversation(options, caller, params),
    'chat.search': async (caller, params) => {
      const right = permitted('chat.search', caller)
      if ('denied' in right) return right.denied
      return pageOrFault(await chatBook.search(right.actor.userId, params))
    },
    'chat.update': async (caller, { conversationId, ...changes }) =>
      await command(options, caller, 'chat.update', { conversationId }, 'free', {
        type: 'update_membership',
        changes,
      }),
    'chat.mute': async (caller, { conversationId, until }) =>
      await command(options, caller, 'chat.mute', { conversationId }, 'free', {
        type: 'update_membership',
        changes: { mutedUntil: until },
      }),
    'chat.slowMode': async (caller, { conversationId, slowModeMs }) =>
      await command(options, caller, 'chat.slowMode', { conversationId }, 'free', {
        type: 'set_slow_mode',
        slowModeMs,
      }),
    'chat.legalHold': async (caller, { conversationId, held }) =>
      await command(options, caller, 'chat.legalHold', { conversationId }, 'free', {
        type: 'set_legal_hold',
        held,
      }),
  }
}

async function getConversation(
  options: ConversationRoutesOptions,
  caller: Caller,
  { conversationId }: MethodParams<'chat.get'>,
): Promise<MethodResult> {
  const allowed = await allowedIn(options, caller, 'chat.get', { conversationId })
  if ('denied' in allowed) return allowed.denied
  const { chatBook, clock } = options
  // Those who keep order see what everybody in it sees: they have no place of their own there.
  const view = allowed.inConversation
    ? await chatBook.conversation(conversationId, allowed.actor.userId)
    : (await chatBook.record(conversationId))?.conversation
  if (view !== undefined) return { kind: 'data', data: view }
  return chatRefused('not_member', { conversationId, serverTime: clock.nowMs() })
}
