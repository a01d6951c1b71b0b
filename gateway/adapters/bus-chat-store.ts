// Commands on conversations and on the house of chat, brought over the bus to any chat store.
import type { Logger } from '../../platform/log.ts'
import type { ChatOutcome, ChatRefused, ChatUnknown } from '../../protocol/chat.ts'
import type { ChatCommand, HouseOutcome } from '../../protocol/chat-store.ts'
import { isRetryable } from '../../protocol/refusals.ts'
import { chatCommandsSubject, houseCommandsSubject } from '../../protocol/subjects.ts'
import { overloadedRetryMs } from '../limits.ts'
import type { ChatStore } from '../ports/chat-store.ts'
import { type AskOptions, askUntilHeard } from './ask-until-heard.ts'

export interface BusChatStoreOptions extends AskOptions {
  readonly log: Logger
}

export function createBusChatStore(options: BusChatStoreOptions): ChatStore {
  return {
    submit: async (command) => (await submit(options, chatCommandsSubject, command)) as ChatOutcome,
    house: async (command) =>
      (await submit(options, houseCommandsSubject, command)) as HouseOutcome,
  }
}

async function submit(
  options: BusChatStoreOptions,
  subject: string,
  command: ChatCommand,
): Promise<unknown> {
  const { clock, log } = options
  const asking = isRepeatable(command) ? options : { ...options, repeats: undefined }
  const heard = await askUntilHeard(asking, subject, command)
  if (heard.type === 'answer') return heard.answer
  const names = named(command)
  if (heard.type === 'unheard') return overloaded(names, clock.nowMs())
  log.warn({ err: heard.cause, type: command.type, ...names }, 'an answer of chat was lost')
  return unknown(names, clock.nowMs())
}

/**
 * What is decided once by its id, and what only says how things are to be: coming twice it is answered
 * alike. The second of two reports would be told of the first.
 */
function isRepeatable(command: ChatCommand): boolean {
  const { type } = command
  return 'clientMessageId' in command || type === 'open_conversation' || type === 'mark'
}

type Names = Pick<ChatRefused, 'conversationId' | 'clientMessageId'>

function overloaded(names: Names, serverTime: number): ChatRefused {
  return {
    outcome: 'refused',
    code: 'overloaded',
    ...names,
    serverTime,
    retryable: isRetryable('overloaded'),
    retryAfterMs: overloadedRetryMs,
  }
}

function unknown(names: Names, serverTime: number): ChatUnknown {
  return { outcome: 'unknown', code: 'outcome_unknown', ...names, serverTime, retryable: true }
}

/** The names by which a client knows its command again. */
function named(command: ChatCommand): Names {
  return {
    ...('conversationId' in command ? { conversationId: command.conversationId } : {}),
    ...('clientMessageId' in command ? { clientMessageId: command.clientMessageId } : {}),
  }
}
