// Chat stores on one bus and a PostgreSQL of their own, which can be left as a crash would leave them.
import { type RunningService, ServiceDatabase } from '../../platform/testing/service-database.ts'
import { throwawayDatabase } from '../../platform/testing/throwaway-database.ts'
import { type ChatLimits, defaultLimits } from '../limits.ts'
import { createChatStore } from '../main.ts'
import { ChatClient } from './chat-client.ts'

export class ChatDatabase extends ServiceDatabase {
  readonly chat = new ChatClient(this.bus)

  static async make(): Promise<ChatDatabase> {
    return new ChatDatabase(await throwawayDatabase())
  }

  /** Starts a store whose connections are called as itself. */
  store(name = 'store', limits: Partial<ChatLimits> = {}): Promise<RunningService> {
    return this.start(name, (tools) =>
      createChatStore({ ...tools, limits: { ...defaultLimits, ...limits } }),
    )
  }
}
