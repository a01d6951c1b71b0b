// Commands to lots, as gateways bring them to an engine.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Bus,
  BusTimeoutError,
  NoResponderError,
  RequestFailedError,
} from '../platform/bus/bus.ts'
import { uuidv7 } from '../platform/ids.ts'
import type { BidAccepted, LotAccepted } from '../protocol/auction.ts'
import type { EngineCommand, EngineReply } from '../protocol/engine.ts'
import { lotCommandsSubject, shardOf } from '../protocol/subjects.ts'

/** As gateways ask again, give or take a half. */
const askAgainMs = 50
/** What was under way to an engine that died brings no answer; a short patience tells sooner of the next. */
const answerMs = 250
/** Longer than a lot stands still while its owner changes. */
const patienceMs = 30_000
export const startPrice = 1_000
const seller = { userId: 'seller', roles: ['seller'] } as const

export interface LotToOpen {
  /** In minor units. Default: `startPrice`. */
  readonly startPrice?: number
  /** Least raise at any price, in minor units. Default: as usual, the more the higher the price. */
  readonly step?: number
}

/** Resolves with the id of a lot that takes bids, for a day. */
export async function openLot(
  bus: Bus,
  { startPrice: firstPrice = startPrice, step }: LotToOpen = {},
): Promise<string> {
  const lotId = uuidv7()
  const startsAt = Date.now()
  const terms = {
    title: 'A lamp',
    currency: 'USD',
    format: 'english',
    startPrice: firstPrice,
    ...(step === undefined ? {} : { increments: [{ from: 0, step }] }),
    grid: 'free',
    startsAt,
    endsAt: startsAt + 24 * 3_600_000,
    softClose: null,
    retraction: 'none',
  } as const
  await askEngine(bus, { type: 'create_lot', lotId, commandId: uuidv7(), actor: seller, terms })
  await askEngine(bus, { type: 'publish_lot', lotId, commandId: uuidv7(), actor: seller })
  return lotId
}

/** A bid that calls a visible price, in minor units. */
export function exactBid(
  lotId: string,
  { commandId, userId, amount }: Readonly<{ commandId: string; userId: string; amount: number }>,
): EngineCommand {
  const actor = { userId, roles: [] }
  return { type: 'place_bid', kind: 'exact', currency: 'USD', lotId, commandId, actor, amount }
}

/**
 * Asks until somebody decides. Resolves when the command is accepted.
 * @throws Error where it is refused, where nobody decides in time, and where it cannot be asked at all
 */
export async function askEngine(
  bus: Bus,
  command: EngineCommand,
): Promise<BidAccepted | LotAccepted> {
  const untilMs = performance.now() + patienceMs
  for (;;) {
    const reply = await attempt(bus, command)
    if (reply?.outcome === 'accepted') return reply
    const isFinal = reply?.outcome === 'refused' && reply.code !== 'overloaded'
    if (isFinal) throw new Error(`${command.type} was refused: ${reply.code}`)
    if (performance.now() > untilMs) throw new Error(`${command.type} was not decided in time`)
  }
}

async function attempt(bus: Bus, command: EngineCommand): Promise<EngineReply | undefined> {
  try {
    const subject = lotCommandsSubject(shardOf(command.lotId))
    return (await bus.request(subject, command, answerMs)) as EngineReply
  } catch (error) {
    if (error instanceof BusTimeoutError) return undefined
    // Nobody is there, or one that is just going. Whatever else it is would be the same the next time.
    const isPassing = error instanceof NoResponderError || error instanceof RequestFailedError
    if (!isPassing) throw error
    await sleep(askAgainMs * (0.5 + Math.random()))
    return undefined
  }
}
