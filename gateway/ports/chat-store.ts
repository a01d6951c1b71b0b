// Where the gateway takes commands on conversations, and on users and the house of chat.
import type { ChatOutcome } from '../../protocol/chat.ts'
import type { ConversationCommand, HouseCommand, HouseOutcome } from '../../protocol/chat-store.ts'

export interface ChatStore {
  /**
   * Brings a command to a chat store and waits for what came of it. Never throws: where no store
   * serves within the deadline the outcome is refused `overloaded` (nothing was decided), where the
   * answer was lost it is `unknown` (send the same id again).
   */
  submit(command: ConversationCommand): Promise<ChatOutcome>
  /** As `submit`, for what is about no single conversation. */
  house(command: HouseCommand): Promise<HouseOutcome>
}
