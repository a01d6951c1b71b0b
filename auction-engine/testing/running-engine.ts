// An engine at work on the in-memory store and a clock under the test's control.
import type { Bus } from '../../platform/bus/bus.ts'
import { createInProcessBus } from '../../platform/bus/in-process-bus.ts'
import { uuidv7 } from '../../platform/ids.ts'
import { createLogger, type Logger } from '../../platform/log.ts'
import { createMetrics, type Registry } from '../../platform/metrics.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import type { LotTerms } from '../../protocol/auction.ts'
import type { EngineCommand, EngineReply, LotEvents } from '../../protocol/engine.ts'
import {
  lotCommandsSubject,
  lotEventsSubject,
  shardCount,
  shardOf,
} from '../../protocol/subjects.ts'
import { MemoryLots } from '../adapters/memory-lots.ts'
import { defaultLimits, type EngineLimits } from '../limits.ts'
import type { LotJournal } from '../ports/lot-journal.ts'
import type { ShardLeases } from '../ports/shard-leases.ts'
import { Engine } from '../shell/engine.ts'
import { createEngineMetrics } from '../shell/engine-metrics.ts'
import { type BidOf, createLot, placeBid, publishLot, termsAt } from './commands.ts'
import type { Freezer } from './freezer.ts'

export interface EngineSettings {
  readonly owner?: string
  readonly limits?: Partial<EngineLimits>
  /** Stands between the engine and the store. */
  readonly journal?: (journal: LotJournal) => LotJournal
  readonly leases?: (leases: ShardLeases) => ShardLeases
  /** Lets the engine stand still. */
  readonly freezer?: Freezer
  readonly log?: Logger
  readonly isReachable?: () => boolean
}

/** A store, a bus and a clock, and any number of engines on them. */
export class AuctionRoom {
  readonly clock = new VirtualClock()
  readonly bus: Bus = createInProcessBus({ copy: true })
  readonly lots = new MemoryLots(this.clock)
  readonly metrics: Registry[] = []
  readonly #log = createLogger({ name: 'test', level: 'silent' })

  /** Starts an engine. */
  async engine(settings: EngineSettings = {}): Promise<Engine> {
    const engine = this.unstarted(settings)
    await engine.start()
    return engine
  }

  /** An engine that is yet to be started. */
  unstarted(settings: EngineSettings = {}): Engine {
    const { owner = 'engine', limits, journal, freezer, log = this.#log } = settings
    const allLimits = { ...defaultLimits, ...limits }
    const registry = createMetrics({ role: 'test', ofProcess: false })
    this.metrics.push(registry)
    const { clock, bus, lots } = this
    const own = lots.leases({ owner, shardCount, leaseMs: allLimits.leaseMs })
    return new Engine({
      ...settings,
      journals: Array.from({ length: allLimits.lanes }, () =>
        journal === undefined ? lots.journal() : journal(lots.journal()),
      ),
      leases: settings.leases?.(own) ?? own,
      outbox: lots.outbox(),
      bus: freezer?.bus(bus) ?? bus,
      clock: freezer?.clock(clock) ?? clock,
      log,
      metrics: createEngineMetrics(registry),
      limits: allLimits,
    })
  }

  ask(command: EngineCommand): Promise<EngineReply> {
    const subject = lotCommandsSubject(shardOf(command.lotId))
    return this.bus.request(subject, command, 60_000) as Promise<EngineReply>
  }

  bid(lotId: string, bid: BidOf): Promise<EngineReply> {
    return this.ask(placeBid(lotId, bid))
  }

  /** A lot that is open from now for an hour, unless the terms say otherwise. */
  async openLot(terms: Partial<LotTerms> = {}, lotId = uuidv7()): Promise<string> {
    const created = await this.ask(createLot(lotId, termsAt(this.clock.nowMs(), terms)))
    const published = await this.ask(publishLot(lotId))
    if (created.outcome !== 'accepted' || published.outcome !== 'accepted') {
      throw new Error(`the lot was not opened: ${JSON.stringify([created, published])}`)
    }
    return lotId
  }

  /** What is published of a lot from now on. */
  async watch(lotId: string): Promise<LotEvents[]> {
    const heard: LotEvents[] = []
    await this.bus.listen(lotEventsSubject(lotId), (message) => {
      heard.push(message as LotEvents)
    })
    return heard
  }
}
