// What the core decides on: what clients ask, and what happens by itself.
import type { ConversationCommand } from '../../protocol/chat-store.ts'

export type ChatStoreCommand =
  | ConversationCommand
  /** Something is due: an offer ends, a receipt is told that was held back. Answered to nobody. */
  | { readonly type: 'wake'; readonly conversationId: string }
  /** One message of a user who is erased, its former texts included. Answered to nobody. */
  | {
      readonly type: 'erase_message'
      readonly conversationId: string
      readonly messageId: string
    }
