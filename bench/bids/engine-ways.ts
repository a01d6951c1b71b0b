// The engine itself, asked as a gateway asks it: over the bus within the process, or over NATS.
import { setTimeout as sleep } from 'node:timers/promises'
import { createEngine } from '../../auction-engine/main.ts'
import { type Bus, NoResponderError } from '../../platform/bus/bus.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { createNatsBus } from '../../platform/bus/nats-bus.ts'
import { runParts } from '../../platform/lifecycle.ts'
import { createMetrics } from '../../platform/metrics.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import { systemClock as clock } from '../../platform/system-clock.ts'
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'
import { lotCommandsSubject, shardOf } from '../../protocol/subjects.ts'
import { log } from '../givens.ts'
import type { Keep } from '../keeping.ts'
import { exactBid, openLot } from '../lot-commands.ts'
import { storedByEngine } from './engine-store.ts'
import type { Bid, BidWay, EngineApart } from './floor.ts'

export interface EngineWayOptions {
  readonly name: string
  readonly says: string
  readonly bus: Bus
  /** Of the database that the engine writes. */
  readonly pool: Pool
  readonly bidders: number
  /** Where it has a process of its own. */
  readonly engine?: EngineApart
}

/** Longer than anything takes that does not hang. */
const patienceMs = 30_000
const askAgainMs = 50
/** Lots are opened side by side: one by one a thousand of them would take a thousand commits. */
const opensAtOnce = 256
/** Each bid can be higher than the one before. */
const centByCent = { startPrice: 1, step: 1 }

/** Starts an engine in this process, on a bus within it. */
export async function engineHere(keep: Keep, pool: Pool): Promise<Bus> {
  const bus = createInProcessBus()
  const metrics = createMetrics({ role: 'bench', ofProcess: false })
  const running = runParts(createEngine({ pool, bus, clock, log, metrics }), { log })
  await keep(running, (parts) => parts.drainAndStop())
  await running.ready
  return bus
}

export async function busOverNats(keep: Keep, url: string): Promise<Bus> {
  const bus = createNatsBus({ servers: [url], prefix: 'outcry', name: 'bench', log })
  await keep(bus.start(), () => bus.stop())
  return bus
}

export function engineWay({ says, bus, pool, ...way }: EngineWayOptions): BidWay {
  return {
    ...way,
    says: `${says}; ${way.bidders} bidders`,
    async open(lots) {
      const lotIds: string[] = []
      while (lotIds.length < lots) {
        const length = Math.min(opensAtOnce, lots - lotIds.length)
        const opening = Array.from({ length }, () => openLot(bus, centByCent))
        lotIds.push(...(await Promise.all(opening)))
      }
      return {
        lotIds,
        place: (bid) => placeOn(bus, bid),
        stored: () => storedByEngine(pool, lotIds),
      }
    },
  }
}

async function placeOn(bus: Bus, { lotId, bidder, bidId, amount }: Bid) {
  const command = exactBid(lotId, { commandId: bidId, userId: bidder, amount })
  const reply = await ask(bus, command)
  if (reply.outcome === 'accepted') return amount
  if (reply.code === 'bid_too_low' || reply.code === 'overloaded') return undefined
  throw new Error(`a bid was refused: ${reply.code}`)
}

/** Asked again while nobody serves the lot's shard, as gateways do. */
async function ask(bus: Bus, command: EngineCommand): Promise<EngineReply> {
  const subject = lotCommandsSubject(shardOf(command.lotId))
  const untilMs = performance.now() + patienceMs
  for (;;) {
    try {
      return (await bus.request(subject, command, patienceMs)) as EngineReply
    } catch (error) {
      const isEarly = error instanceof NoResponderError && performance.now() < untilMs
      if (!isEarly) throw error
      await sleep(askAgainMs)
    }
  }
}
