// The engine as a part of a process: takes its share of the shards, brings their lots into memory, serves
// their commands, and gives everything back in order.
import { type Beat, beat } from '../../platform/beat.ts'
import type { Bus, Unlisten } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import { OutboxKeeper } from '../../platform/outbox-keeper.ts'
import { untilStoreAnswers } from '../../platform/patience.ts'
import { untilAborted } from '../../platform/until-aborted.ts'
import { freeShardsHintSubject, shardCount } from '../../protocol/subjects.ts'
import { type EngineLimits, heartbeatMs } from '../limits.ts'
import type { Lease, LotJournal } from '../ports/lot-journal.ts'
import type { LotOutbox, UntoldEvents } from '../ports/lot-outbox.ts'
import type { ShardLeases } from '../ports/shard-leases.ts'
import { Announcer } from './announcer.ts'
import type { EngineMetrics } from './engine-metrics.ts'
import { Lane } from './lane.ts'
import { OwnedShards } from './owned-shards.ts'
import { ShardDesk, type Track } from './shard-desk.ts'
import { ShardHandoff } from './shard-handoff.ts'
import { ShardKeeper } from './shard-keeper.ts'

export interface EngineOptions {
  /** One per lane. */
  readonly journals: readonly LotJournal[]
  readonly leases: ShardLeases
  readonly outbox: LotOutbox
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: EngineMetrics
  readonly limits: EngineLimits
  /** Whether commands can reach this engine at present. Default: always. */
  readonly isReachable?: () => boolean
}

export class Engine implements Part {
  readonly name = 'auction-engine'
  readonly #options: EngineOptions
  readonly #shards = new OwnedShards()
  readonly #keeper: ShardKeeper
  readonly #desk: ShardDesk
  readonly #handoff: ShardHandoff
  readonly #announcer: Announcer
  readonly #outboxKeeper: OutboxKeeper<UntoldEvents>
  readonly #tracks: readonly Track[]
  #balancing: Beat | undefined
  #beats: readonly Beat[] = []
  #unlisten: Unlisten | undefined
  readonly #ending = new AbortController()

  constructor(options: EngineOptions) {
    this.#options = options
    const { journals, limits } = options
    const shards = this.#shards
    this.#announcer = new Announcer({
      ...options,
      onPublished: (outboxId) => this.#outboxKeeper.published(outboxId),
    })
    this.#outboxKeeper = new OutboxKeeper({
      ...options,
      publish: (rows) => this.#announcer.repeat(rows),
    })
    this.#keeper = new ShardKeeper({
      ...options,
      shards,
      shardCount,
      leaseMs: limits.leaseMs,
      onTaken: (taken, askedAtMs) => this.#desk.open(taken, askedAtMs),
      onLost: (leases) => this.#desk.forget(leases.map(({ shard }) => shard)),
    })
    const announcer = this.#announcer
    const onFenced = (lease: Lease): void => this.#keeper.lose([lease])
    this.#tracks = journals.map((journal, nth) => {
      const lane = new Lane({ ...options, journal, shards, announcer, onFenced })
      return { lane, journal, nth }
    })
    this.#desk = new ShardDesk({
      ...options,
      tracks: this.#tracks,
      shards,
      onStranger: () => this.#keeper.notice(),
    })
    this.#handoff = new ShardHandoff({
      ...options,
      shards,
      announcer,
      desk: this.#desk,
      onLeftLying: () => this.#keeper.takeBack(),
    })
  }

  /** Lots in memory at present. */
  get lotsHeld(): number {
    return this.#tracks.reduce((sum, { lane }) => sum + lane.lotsHeld, 0)
  }

  /** Shards this engine owns at present. */
  get shardsOwned(): number {
    return this.#shards.size
  }

  /**
   * Resolves when our share of the free shards is ours, their open lots in memory, and commands served. A
   * store that does not answer is waited for.
   */
  async start(): Promise<void> {
    const { bus } = this.#options
    const { signal } = this.#ending
    for (const { lane } of this.#tracks) lane.start()
    this.#unlisten = await bus.listen(freeShardsHintSubject, () => this.#keeper.look())
    await this.#handoff.start()
    const warmUp = async () => {
      await Promise.all(this.#tracks.map(({ journal }) => journal.warmUp()))
    }
    await untilStoreAnswers(warmUp, { ...this.#options, signal })
    await this.#keeper.start(signal)
    // What a predecessor committed and did not tell is told at once.
    const tellAll = () => this.#outboxKeeper.relay(Number.MAX_SAFE_INTEGER)
    await untilStoreAnswers(tellAll, { ...this.#options, signal })
    const giveSurplus = () => this.#handoff.giveSurplus(() => this.#keeper.surplus)
    this.#balancing = beat('balance shards', heartbeatMs, giveSurplus, this.#options)
    this.#beats = [
      beat('due lots', heartbeatMs, () => this.#desk.loadDueLots(), this.#options),
      beat('outbox', heartbeatMs, () => this.#outboxKeeper.tidy(), this.#options),
    ]
  }

  /** The process ends before this engine is at work: whatever it waits for, it waits no more. */
  giveUp(): void {
    this.#ending.abort(new Error('the engine was told to end before it was at work'))
  }

  /**
   * Hands the shards over to the other engines, group by group; where there are none, decides what was
   * admitted, tells it, and lets the shards go.
   */
  async drain(signal: AbortSignal): Promise<void> {
    const { bus } = this.#options
    this.giveUp()
    this.#unlisten?.()
    await untilAborted(signal, Promise.all([this.#keeper.settle(), this.#balancing?.stop()]))
    if ((await this.#others()) > 0) await untilAborted(signal, this.#handoff.giveAll())
    // From here on the bus says that nobody serves; gateways ask again until the next owner does.
    this.#desk.shutAll()
    await untilAborted(signal, Promise.all(this.#tracks.map(({ lane }) => lane.drain())))
    this.#announcer.flush()
    await untilAborted(signal, this.#giveBack())
    bus.publish(freeShardsHintSubject, {})
  }

  /** Without a drain before it this is as good as a crash: the leases run out, the next owner recovers. */
  async stop(): Promise<void> {
    this.giveUp()
    this.#unlisten?.()
    this.#desk.shutAll()
    this.#handoff.stop()
    this.#announcer.stop()
    this.#outboxKeeper.stop()
    for (const { lane } of this.#tracks) lane.stop()
    const beats = [this.#balancing, ...this.#beats]
    await Promise.all([this.#keeper.stop(), ...beats.map((each) => each?.stop())])
    await Promise.all(this.#tracks.map(({ journal }) => journal.close()))
  }

  /** A store that is away loses nothing by it: the leases run out, and whoever takes them tells the rest. */
  async #giveBack(): Promise<void> {
    try {
      await this.#outboxKeeper.mark()
      await this.#keeper.release()
    } catch (err) {
      this.#options.log.warn({ err }, 'the shards could not be given back: their leases run out')
    }
  }

  /** How many other engines there are to take the shards, once this one has said that it goes. */
  async #others(): Promise<number> {
    try {
      return await this.#keeper.leave()
    } catch (err) {
      // Then they learn of it a few seconds later.
      this.#options.log.warn({ err }, 'the other engines were not told of the end')
      return 0
    }
  }
}
