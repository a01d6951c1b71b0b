// Commands on lots, brought over the bus to whoever owns the lot's shard.
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'
import { lotCommandsSubject, shardOf } from '../../protocol/subjects.ts'
import type { AuctionHouse } from '../ports/auction-house.ts'
import { BusCommands, type BusCommandsOptions } from './bus-commands.ts'

export function createBusAuctionHouse(options: BusCommandsOptions): AuctionHouse {
  const commands = new BusCommands<EngineReply>(options)
  return {
    submit: (command) => {
      const { lotId, commandId } = command
      const subject = lotCommandsSubject(shardOf(lotId))
      return commands.bring({
        subject,
        command,
        names: named(command),
        logged: { lotId, commandId },
      })
    },
  }
}

/** The names by which a client knows its command again. */
function named(command: EngineCommand): { readonly lotId: string; readonly clientBidId?: string } {
  const { lotId } = command
  if (command.type === 'place_bid') return { lotId, clientBidId: command.commandId }
  return command.type === 'retract_bid' ? { lotId, clientBidId: command.clientBidId } : { lotId }
}
