// What users settle for all of their conversations: whom they have blocked, what others see of them.
import type { HouseCommand } from '../../../protocol/chat-store.ts'
import type { MethodName, MethodParams } from '../../../protocol/methods.ts'
import type { ChatBook } from '../../ports/chat-book.ts'
import type { ChatStore } from '../../ports/chat-store.ts'
import type { Caller } from '../../ports/desk.ts'
import { type MethodHandlers, type MethodResult, permitted } from '../method.ts'
import { type ChatCommandOptions, chatRefused } from './commands.ts'
import { pageOrFault } from './pages.ts'

export interface PeopleRoutesOptions extends Pick<ChatCommandOptions, 'clock'> {
  readonly chatStore: ChatStore
  readonly chatBook: ChatBook
}

type PeopleMethod =
  | 'chat.block'
  | 'chat.unblock'
  | 'chat.blocks'
  | 'chat.settings'
  | 'chat.updateSettings'

export function peopleRoutes(options: PeopleRoutesOptions): MethodHandlers<PeopleMethod> {
  const { chatBook, chatStore } = options
  return {
    'chat.block': async (caller, params) => await block(options, caller, params),
    'chat.unblock': async (caller, { userId }) =>
      await houseCommand(chatStore, caller, 'chat.unblock', { type: 'unblock', userId }),
    'chat.blocks': async (caller, params) => {
      const right = permitted('chat.blocks', caller)
      if ('denied' in right) return right.denied
      return pageOrFault(await chatBook.blocks(right.actor.userId, params))
    },
    'chat.settings': async (caller) => {
      const right = permitted('chat.settings', caller)
      if ('denied' in right) return right.denied
      return { kind: 'data', data: await chatBook.settings(right.actor.userId) }
    },
    'chat.updateSettings': async (caller, settings) =>
      await houseCommand(chatStore, caller, 'chat.updateSettings', {
        type: 'set_chat_settings',
        settings,
      }),
  }
}

async function block(
  { chatStore, clock }: PeopleRoutesOptions,
  caller: Caller,
  { userId }: MethodParams<'chat.block'>,
): Promise<MethodResult> {
  if (caller.identity?.userId === userId) {
    return chatRefused('peer_invalid', { serverTime: clock.nowMs() })
  }
  return await houseCommand(chatStore, caller, 'chat.block', { type: 'block', userId })
}

/** A command about users or the house before it has its actor. */
export type HouseOrder = HouseCommand extends infer Command
  ? Command extends HouseCommand
    ? Omit<Command, 'actor'>
    : never
  : never

/** Brings a command about users or the house to the chat store, for those whom the table lets. */
export async function houseCommand(
  chatStore: ChatStore,
  caller: Caller,
  method: MethodName,
  order: HouseOrder,
): Promise<MethodResult> {
  const right = permitted(method, caller)
  if ('denied' in right) return right.denied
  const outcome = await chatStore.house({ ...order, actor: right.actor })
  return { kind: 'outcome', outcome }
}
