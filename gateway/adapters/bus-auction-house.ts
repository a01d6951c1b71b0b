// Commands on lots, brought over the bus to whoever owns the lot's shard.
import type { Logger } from '../../platform/log.ts'
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'
import { isRetryable } from '../../protocol/refusals.ts'
import { lotCommandsSubject, shardOf } from '../../protocol/subjects.ts'
import { overloadedRetryMs } from '../limits.ts'
import type { AuctionHouse } from '../ports/auction-house.ts'
import { type AskOptions, askUntilHeard } from './ask-until-heard.ts'

export interface BusAuctionHouseOptions extends AskOptions {
  readonly log: Logger
}

export function createBusAuctionHouse(options: BusAuctionHouseOptions): AuctionHouse {
  return { submit: (command) => submit(options, command) }
}

async function submit(
  options: BusAuctionHouseOptions,
  command: EngineCommand,
): Promise<EngineReply> {
  const { clock, log } = options
  const { lotId, commandId } = command
  const heard = await askUntilHeard(options, lotCommandsSubject(shardOf(lotId)), command)
  if (heard.type === 'answer') return heard.answer as EngineReply
  if (heard.type === 'unheard') return overloaded(command, clock.nowMs())
  log.warn({ err: heard.cause, lotId, commandId }, 'a verdict was lost')
  return unknown(command, clock.nowMs())
}

function overloaded(command: EngineCommand, serverTime: number): EngineReply {
  return {
    outcome: 'refused',
    code: 'overloaded',
    ...named(command),
    serverTime,
    retryable: isRetryable('overloaded'),
    retryAfterMs: overloadedRetryMs,
  }
}

function unknown(command: EngineCommand, serverTime: number): EngineReply {
  const code = 'outcome_unknown'
  return { outcome: 'unknown', code, ...named(command), serverTime, retryable: true }
}

/** The names by which a client knows its command again. */
function named(command: EngineCommand): { readonly lotId: string; readonly clientBidId?: string } {
  const { lotId } = command
  if (command.type === 'place_bid') return { lotId, clientBidId: command.commandId }
  return command.type === 'retract_bid' ? { lotId, clientBidId: command.clientBidId } : { lotId }
}
