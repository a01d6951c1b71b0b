// Engines on one bus and a PostgreSQL of their own and a real clock, which can be left as a crash would leave them.
import { NoResponderError } from '../../platform/bus/bus.ts'
import { uuidv7 } from '../../platform/ids.ts'
import { systemClock } from '../../platform/system-clock.ts'
import { type RunningService, ServiceDatabase } from '../../platform/testing/service-database.ts'
import { throwawayDatabase } from '../../platform/testing/throwaway-database.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { LotTerms } from '../../protocol/auction.ts'
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'
import { lotCommandsSubject, shardOf } from '../../protocol/subjects.ts'
import { defaultLimits, type EngineLimits } from '../limits.ts'
import { createEngine } from '../main.ts'
import { type BidOf, createLot, placeBid, publishLot, termsAt } from './commands.ts'

export class AuctionDatabase extends ServiceDatabase {
  static async make(): Promise<AuctionDatabase> {
    return new AuctionDatabase(await throwawayDatabase())
  }

  /** Starts an engine whose connections are called as itself. */
  engine(owner = 'engine', limits: Partial<EngineLimits> = {}): Promise<RunningService> {
    return this.start(owner, (tools) =>
      createEngine({ ...tools, owner, limits: { ...defaultLimits, ...limits } }),
    )
  }

  /** Asks as a gateway does: again, while nobody owns the shard. */
  ask(command: EngineCommand): Promise<EngineReply> {
    const subject = lotCommandsSubject(shardOf(command.lotId))
    return waitFor(async () => {
      try {
        return (await this.bus.request(subject, command, 10_000)) as EngineReply
      } catch (error) {
        if (error instanceof NoResponderError) return undefined
        throw error
      }
    })
  }

  bid(lotId: string, bid: BidOf): Promise<EngineReply> {
    return this.ask(placeBid(lotId, bid))
  }

  /** A lot that is open from now for an hour, unless the terms say otherwise. */
  async openLot(terms: Partial<LotTerms> = {}): Promise<string> {
    const lotId = uuidv7()
    const created = await this.ask(createLot(lotId, termsAt(systemClock.nowMs(), terms)))
    const published = await this.ask(publishLot(lotId))
    if (created.outcome !== 'accepted' || published.outcome !== 'accepted') {
      throw new Error(`the lot was not opened: ${JSON.stringify([created, published])}`)
    }
    return lotId
  }
}
