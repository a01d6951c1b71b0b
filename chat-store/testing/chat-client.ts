// Asks chat stores as a gateway does.
import type { Bus } from '../../platform/bus/bus.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { ChatOutcome } from '../../protocol/chat.ts'
import type {
  ConversationCommand,
  ConversationTerms,
  HouseCommand,
  HouseOutcome,
} from '../../protocol/chat-store.ts'
import { chatCommandsSubject, houseCommandsSubject } from '../../protocol/subjects.ts'
import { open, say } from './commands.ts'

/** Longer than any test lasts. */
const patienceMs = 60_000

export class ChatClient {
  readonly bus: Bus

  constructor(bus: Bus) {
    this.bus = bus
  }

  ask(command: ConversationCommand): Promise<ChatOutcome> {
    return this.bus.request(chatCommandsSubject, command, patienceMs) as Promise<ChatOutcome>
  }

  askHouse(command: HouseCommand): Promise<HouseOutcome> {
    return this.bus.request(houseCommandsSubject, command, patienceMs) as Promise<HouseOutcome>
  }

  say(conversationId: string, by: string, text: string): Promise<ChatOutcome> {
    return this.ask(say(conversationId, by, text))
  }

  /** A conversation, of Bea and Sam unless the terms say otherwise. */
  async opened(terms?: ConversationTerms): Promise<string> {
    const conversationId = uuidv7()
    const outcome = await this.ask(open(conversationId, terms))
    if (outcome.outcome !== 'accepted') throw new Error(JSON.stringify(outcome))
    return conversationId
  }
}
