// Where the gateway takes commands on lots.
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'

export interface AuctionHouse {
  /**
   * Brings a command to the owner of the lot's shard and waits for its verdict. Never throws: where
   * nobody owned the shard within the deadline the reply is refused `overloaded` (nothing was
   * decided), where the answer was lost it is `unknown` (send the same id again).
   */
  submit(command: EngineCommand): Promise<EngineReply>
}
