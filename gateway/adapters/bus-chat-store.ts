// Commands on conversations and on the house of chat, brought over the bus to any chat store.
import type { ChatOutcome, ChatRefused } from '../../protocol/chat.ts'
import type { ChatCommand, HouseOutcome } from '../../protocol/chat-store.ts'
import { chatCommandsSubject, houseCommandsSubject } from '../../protocol/subjects.ts'
import type { ChatStore } from '../ports/chat-store.ts'
import { BusCommands, type BusCommandsOptions, type Errand } from './bus-commands.ts'

export function createBusChatStore(options: BusCommandsOptions): ChatStore {
  const conversations = new BusCommands<ChatOutcome>(options)
  const house = new BusCommands<HouseOutcome>(options)
  return {
    submit: (command) => conversations.bring(errandOf(chatCommandsSubject, command)),
    house: (command) => house.bring(errandOf(houseCommandsSubject, command)),
  }
}

type Names = Pick<ChatRefused, 'conversationId' | 'clientMessageId'>

function errandOf(subject: string, command: ChatCommand): Errand<Names> {
  const { type } = command
  const names = named(command)
  const isRepeatable = isDecidedOnce(command)
  return { subject, command, names, logged: { type, ...names }, isRepeatable }
}

/**
 * What is decided once by its id, and what only says how things are to be: coming twice it is answered
 * alike. The second of two reports would be told of the first.
 */
function isDecidedOnce(command: ChatCommand): boolean {
  const { type } = command
  return 'clientMessageId' in command || type === 'open_conversation' || type === 'mark'
}

/** The names by which a client knows its command again. */
function named(command: ChatCommand): Names {
  return {
    ...('conversationId' in command ? { conversationId: command.conversationId } : {}),
    ...('clientMessageId' in command ? { clientMessageId: command.clientMessageId } : {}),
  }
}
