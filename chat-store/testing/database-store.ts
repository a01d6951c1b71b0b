// Chat stores on one bus and a PostgreSQL of their own, which can be left as a crash would leave them.
import { uuidv7 } from '../../platform/ids.ts'
import { type RunningService, ServiceDatabase } from '../../platform/testing/service-database.ts'
import { throwawayDatabase } from '../../platform/testing/throwaway-database.ts'
import type { ChatOutcome } from '../../protocol/chat.ts'
import type {
  ConversationCommand,
  ConversationTerms,
  HouseCommand,
  HouseOutcome,
} from '../../protocol/chat-store.ts'
import { chatCommandsSubject, houseCommandsSubject } from '../../protocol/subjects.ts'
import { type ChatLimits, defaultLimits } from '../limits.ts'
import { createChatStore } from '../main.ts'
import { open, say } from './commands.ts'

export class ChatDatabase extends ServiceDatabase {
  static async make(): Promise<ChatDatabase> {
    return new ChatDatabase(await throwawayDatabase())
  }

  /** Starts a store whose connections are called as itself. */
  store(name = 'store', limits: Partial<ChatLimits> = {}): Promise<RunningService> {
    return this.start(name, (tools) =>
      createChatStore({ ...tools, limits: { ...defaultLimits, ...limits } }),
    )
  }

  ask(command: ConversationCommand): Promise<ChatOutcome> {
    return this.bus.request(chatCommandsSubject, command, 20_000) as Promise<ChatOutcome>
  }

  askHouse(command: HouseCommand): Promise<HouseOutcome> {
    return this.bus.request(houseCommandsSubject, command, 20_000) as Promise<HouseOutcome>
  }

  say(conversationId: string, by: string, text: string): Promise<ChatOutcome> {
    return this.ask(say(conversationId, by, text))
  }

  async opened(terms?: ConversationTerms): Promise<string> {
    const conversationId = uuidv7()
    const outcome = await this.ask(open(conversationId, terms))
    if (outcome.outcome !== 'accepted') throw new Error(JSON.stringify(outcome))
    return conversationId
  }
}
