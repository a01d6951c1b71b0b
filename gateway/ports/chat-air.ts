// Where a gateway says what is volatile in a conversation, so that the others' sockets hear it too.
import type { ChatEvents } from '../../protocol/chat-store.ts'

export interface ChatAir {
  /** To every gateway that listens to the conversation, this one included. */
  say(
    said: Extract<ChatEvents, { readonly typing: unknown } | { readonly presence: unknown }>,
  ): void
}
