// Where committed events reach a gateway. Delivery may lose, double and reorder; seqs tell.
import type { BlockChange, ChatEvents } from '../../protocol/chat-store.ts'
import type { LotEvents } from '../../protocol/engine.ts'
import type { UserEvents } from '../../protocol/notifications.ts'

/** Ends the subscription; safe to call twice. */
export type Unlisten = () => void

export interface EventSource {
  /** From the moment the promise resolves, every event that arrives is handed over. */
  listenLot(lotId: string, handler: (events: LotEvents) => void): Promise<Unlisten>
  /** Has all that is heard about users come to `handler`: one for tens of thousands of them. */
  hearUsers(handler: (events: UserEvents) => void): Promise<Unlisten>
  /** From the moment the promise resolves, every event of the user that arrives is heard; others may be too. */
  listenUser(userId: string): Promise<Unlisten>
  listenChat(conversationId: string, handler: (events: ChatEvents) => void): Promise<Unlisten>
  listenBlocks(handler: (change: BlockChange) => void): Promise<Unlisten>
}
