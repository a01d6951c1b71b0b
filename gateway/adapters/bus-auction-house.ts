// Commands on lots, brought over the bus to whoever owns the lot's shard.

import { type Bus, NoResponderError } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'
import { isRetryable } from '../../protocol/refusals.ts'
import { lotCommandsSubject, shardOf } from '../../protocol/subjects.ts'
import { verdictDeadlineMs } from '../limits.ts'
import type { AuctionHouse } from '../ports/auction-house.ts'

/** A shard without an owner gets one within a lease's time; asking again costs next to nothing. */
const askAgainMs = 50
/** What a bidder is told to wait where nobody owned the shard until the deadline. */
const overloadedRetryMs = 500

export interface BusAuctionHouseOptions {
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  /** A number from 0 up to 1, to spread those who wait for the same shard. */
  readonly random: () => number
}

export function createBusAuctionHouse(options: BusAuctionHouseOptions): AuctionHouse {
  return { submit: (command) => submit(options, command) }
}

async function submit(
  { bus, clock, log, random }: BusAuctionHouseOptions,
  command: EngineCommand,
): Promise<EngineReply> {
  const subject = lotCommandsSubject(shardOf(command.lotId))
  const deadlineMs = clock.nowMs() + verdictDeadlineMs
  for (;;) {
    const leftMs = deadlineMs - clock.nowMs()
    if (leftMs <= 0) return overloaded(command, clock.nowMs())
    try {
      return (await bus.request(subject, command, leftMs)) as EngineReply
    } catch (err) {
      if (!(err instanceof NoResponderError)) {
        // The command arrived, or may have. Whatever broke, only its id can tell what came of it.
        log.warn({ err, lotId: command.lotId, commandId: command.commandId }, 'a verdict was lost')
        return unknown(command, clock.nowMs())
      }
    }
    await pause(clock, Math.min(leftMs, askAgainMs * (0.5 + random())))
  }
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve)
  })
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
