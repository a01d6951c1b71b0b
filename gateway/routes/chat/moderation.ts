// Keeping order: reports, the queue of what people must look at, decisions, rules, erasure.
import { uuidv7 } from '../../../platform/ids.ts'
import type { DecideCase } from '../../../protocol/moderation.ts'
import type { ChatBook } from '../../ports/chat-book.ts'
import type { Caller } from '../../ports/desk.ts'
import { type MethodHandlers, type MethodResult, permitted } from '../method.ts'
import { type ChatCommandOptions, chatRefused, command } from './commands.ts'
import { pageOrFault } from './pages.ts'
import { houseCommand } from './people.ts'

export interface ModerationRoutesOptions extends ChatCommandOptions {
  readonly chatBook: ChatBook
}

type ModerationMethod =
  | 'chat.report'
  | 'moderation.queue'
  | 'moderation.decide'
  | 'moderation.silence'
  | 'moderation.rules'
  | 'moderation.setRules'
  | 'user.erase'

export function moderationRoutes(
  options: ModerationRoutesOptions,
): MethodHandlers<ModerationMethod> {
  const { chatBook, chatStore } = options
  return {
    'chat.report': async (caller, { conversationId, ...report }) =>
      await command(options, caller, 'chat.report', { conversationId }, 'as_message', {
        type: 'report',
        caseId: uuidv7(),
        report,
      }),
    'moderation.queue': async (caller, params) => {
      const right = permitted('moderation.queue', caller)
      if ('denied' in right) return right.denied
      return pageOrFault(await chatBook.queue(params))
    },
    'moderation.decide': async (caller, decision) => await decide(options, caller, decision),
    'moderation.silence': async (caller, silence) =>
      await houseCommand(chatStore, caller, 'moderation.silence', { type: 'silence', silence }),
    'moderation.rules': async (caller) => {
      const right = permitted('moderation.rules', caller)
      if ('denied' in right) return right.denied
      return { kind: 'data', data: { rules: await chatBook.rules() } }
    },
    'moderation.setRules': async (caller, { rules }) =>
      await houseCommand(chatStore, caller, 'moderation.setRules', {
        type: 'set_moderation_rules',
        rules,
      }),
    'user.erase': async (caller, { userId }) =>
      await houseCommand(chatStore, caller, 'user.erase', { type: 'erase_user', userId }),
  }
}

/** A decision changes the conversation of the case, so it is a command on that. */
async function decide(
  { chatBook, chatStore, clock }: ModerationRoutesOptions,
  caller: Caller,
  decision: DecideCase,
): Promise<MethodResult> {
  const right = permitted('moderation.decide', caller)
  if ('denied' in right) return right.denied
  const conversationId = await chatBook.caseConversation(decision.caseId)
  if (conversationId === undefined) {
    return chatRefused('case_decided', { serverTime: clock.nowMs() })
  }
  const { actor } = right
  const outcome = await chatStore.submit({ type: 'decide_case', conversationId, actor, decision })
  return { kind: 'outcome', outcome }
}
