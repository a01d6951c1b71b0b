// The engine as a part of a process: takes shards, brings their lots into memory, serves their commands,
// and gives everything back in order.
import { assert } from '../../platform/assert.ts'
import { type Beat, beat } from '../../platform/beat.ts'
import type { Bus, Unlisten } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import { OutboxKeeper } from '../../platform/outbox-keeper.ts'
import { untilAborted } from '../../platform/until-aborted.ts'
import type { EngineCommand } from '../../protocol/engine.ts'
import { lotCommandsSubject, shardCount, shardOf } from '../../protocol/subjects.ts'
import { dueHorizonMs, dueLotsMax, type EngineLimits, heartbeatMs } from '../limits.ts'
import type { Lease, LotJournal } from '../ports/lot-journal.ts'
import type { LotOutbox, UntoldEvents } from '../ports/lot-outbox.ts'
import type { ShardLeases } from '../ports/shard-leases.ts'
import { Announcer } from './announcer.ts'
import type { EngineMetrics } from './engine-metrics.ts'
import { Lane } from './lane.ts'
import { OwnedShards } from './owned-shards.ts'
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
}

/** A lane, the journal it writes to, and its number: it has the shards of this remainder. */
interface Track {
  readonly lane: Lane
  readonly journal: LotJournal
  readonly nth: number
}

export class Engine implements Part {
  readonly name = 'auction-engine'
  readonly #options: EngineOptions
  readonly #shards = new OwnedShards()
  readonly #keeper: ShardKeeper
  readonly #announcer: Announcer
  readonly #outboxKeeper: OutboxKeeper<UntoldEvents>
  readonly #tracks: readonly Track[]
  readonly #serving = new Map<number, Unlisten>()
  #beats: readonly Beat[] = []

  constructor(options: EngineOptions) {
    this.#options = options
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
      shards: this.#shards,
      shardCount,
      leaseMs: options.limits.leaseMs,
      onTaken: (leases) => this.#begin(leases),
      onLost: (lease) => this.#cease(lease),
    })
    this.#tracks = options.journals.map((journal, nth) => {
      const lane = new Lane({
        ...options,
        journal,
        shards: this.#shards,
        announcer: this.#announcer,
        onFenced: (lease) => this.#keeper.lose(lease),
      })
      return { lane, journal, nth }
    })
  }

  /** Lots in memory at present. */
  get lotsHeld(): number {
    return this.#tracks.reduce((sum, { lane }) => sum + lane.lotsHeld, 0)
  }

  /** Resolves when the shards that were free are ours, their open lots in memory, and commands served. */
  async start(): Promise<void> {
    for (const { lane } of this.#tracks) lane.start()
    await this.#keeper.start()
    // What a predecessor committed and did not tell is told at once.
    await this.#outboxKeeper.relay(Number.MAX_SAFE_INTEGER)
    this.#beats = [
      beat('due lots', heartbeatMs, () => this.#loadDueLots(), this.#options),
      beat('outbox', heartbeatMs, () => this.#outboxKeeper.tidy(), this.#options),
    ]
  }

  /** Stops admitting, decides what was admitted, tells it, and lets the shards go. */
  async drain(signal: AbortSignal): Promise<void> {
    await untilAborted(signal, this.#keeper.settle())
    // From here on the bus says that nobody serves; gateways ask again until the next owner does.
    this.#unlisten()
    await untilAborted(signal, Promise.all(this.#tracks.map(({ lane }) => lane.drain())))
    this.#announcer.flush()
    await untilAborted(signal, this.#outboxKeeper.mark())
    await untilAborted(signal, this.#keeper.release())
  }

  /** Without a drain before it this is as good as a crash: the leases run out, the next owner recovers. */
  async stop(): Promise<void> {
    this.#unlisten()
    this.#announcer.stop()
    this.#outboxKeeper.stop()
    for (const { lane } of this.#tracks) lane.stop()
    await Promise.all([this.#keeper.stop(), ...this.#beats.map((each) => each.stop())])
    await Promise.all(this.#tracks.map(({ journal }) => journal.close()))
  }

  /** Recovers the lots of newly taken shards, then serves their commands. */
  async #begin(leases: readonly Lease[]): Promise<void> {
    const { clock, bus, metrics } = this.#options
    for (const { lane, journal, nth } of this.#tracks) {
      const shards = leases.map(({ shard }) => shard).filter((shard) => this.#isOn(shard, nth))
      await lane.load(await journal.openLots(shards))
      await lane.load(await journal.dueLots(shards, clock.nowMs() + dueHorizonMs, dueLotsMax))
    }
    for (const { shard } of leases) {
      const { lane } = this.#trackOf(shard)
      const unlisten = await bus.serve(lotCommandsSubject(shard), (message) => {
        const command = message as EngineCommand
        // Under a wrong shard the lot would have a second writer.
        assert(shardOf(command.lotId) === shard, 'a command comes by the subject of its lot')
        return lane.submit(shard, command)
      })
      this.#serving.set(shard, unlisten)
    }
    metrics.shards.set(this.#shards.size)
  }

  #cease({ shard }: Lease): void {
    this.#serving.get(shard)?.()
    this.#serving.delete(shard)
    this.#trackOf(shard).lane.dropShard(shard)
    this.#options.metrics.shards.set(this.#shards.size)
  }

  /** Lots which open or close soon, or should have: their timers are set once they are in memory. */
  async #loadDueLots(): Promise<void> {
    const beforeMs = this.#options.clock.nowMs() + dueHorizonMs
    for (const { lane, journal, nth } of this.#tracks) {
      lane.dropIdle()
      const shards = [...this.#serving.keys()].filter((shard) => this.#isOn(shard, nth))
      await lane.load(await journal.dueLots(shards, beforeMs, dueLotsMax))
    }
  }

  #unlisten(): void {
    for (const unlisten of this.#serving.values()) unlisten()
    this.#serving.clear()
  }

  #isOn(shard: number, nth: number): boolean {
    return shard % this.#tracks.length === nth
  }

  #trackOf(shard: number): Track {
    const track = this.#tracks[shard % this.#tracks.length]
    assert(track !== undefined, 'an engine has at least one lane')
    return track
  }
}
