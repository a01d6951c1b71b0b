// The planned handoff: gives shards to other engines while people bid. For each group of shards the bus is
// told that nobody serves them, what was admitted is decided and told, the leases are let go, and whoever
// has room is told to take them. Nobody is refused a bid: gateways ask again until the next owner serves.
import type { Bus, Unlisten } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { wait } from '../../platform/retry.ts'
import { untilAborted } from '../../platform/until-aborted.ts'
import type { ServedShards } from '../../protocol/engine.ts'
import { freeShardsHintSubject, servedShardsHintSubject } from '../../protocol/subjects.ts'
import { closingMs, handoffRestMs, handoffShardsMax, handoffWaitMs } from '../limits.ts'
import type { Lease } from '../ports/lot-journal.ts'
import type { ShardLeases } from '../ports/shard-leases.ts'
import type { Announcer } from './announcer.ts'
import type { EngineMetrics } from './engine-metrics.ts'
import type { OwnedShards } from './owned-shards.ts'
import type { ShardDesk } from './shard-desk.ts'

export interface ShardHandoffOptions {
  readonly leases: ShardLeases
  readonly shards: OwnedShards
  readonly desk: ShardDesk
  readonly announcer: Announcer
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: EngineMetrics
  /** Told when nobody came for shards that were more than this engine's share. */
  readonly onLeftLying: () => void
}

export class ShardHandoff {
  readonly #options: ShardHandoffOptions
  /** Given up, and not yet served by anybody else as far as we heard. */
  readonly #underWay = new Set<number>()
  #allServed = (): void => {}
  #unlisten: Unlisten | undefined
  #restsUntilMs = Number.NEGATIVE_INFINITY
  readonly #stopping = new AbortController()

  constructor(options: ShardHandoffOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#unlisten = await this.#options.bus.listen(servedShardsHintSubject, (message) => {
      const { shards } = message as ServedShards
      for (const shard of shards) this.#underWay.delete(shard)
      if (this.#underWay.size === 0) this.#allServed()
    })
  }

  /** Gives up what is more than this engine's share, but no shard with a lot about to close. */
  async giveSurplus(surplus: () => number): Promise<void> {
    const { shards, desk, clock, onLeftLying } = this.#options
    if (clock.nowMs() < this.#restsUntilMs) return
    while (surplus() > 0 && !this.#stopping.signal.aborted) {
      const closing = desk.closing(clock.nowMs() + closingMs)
      const free = shards.in('served').filter(({ shard }) => !closing.has(shard))
      const group = byShard(free).slice(0, Math.min(surplus(), handoffShardsMax))
      if (group.length === 0) return
      if (await this.#give(group)) continue
      this.#restsUntilMs = clock.nowMs() + handoffRestMs
      onLeftLying()
      return
    }
  }

  /** Gives up every shard that is served, whatever happens on it, for as long as somebody takes them. */
  async giveAll(): Promise<void> {
    for (;;) {
      const group = byShard(this.#options.shards.in('served')).slice(0, handoffShardsMax)
      if (group.length === 0 || !(await this.#tryToGive(group))) return
    }
  }

  stop(): void {
    this.#stopping.abort()
    this.#unlisten?.()
  }

  async #tryToGive(group: readonly Lease[]): Promise<boolean> {
    try {
      return await this.#give(group)
    } catch (err) {
      // Their leases run out, then.
      this.#options.log.warn({ err, shards: group.length }, 'shards could not be handed over')
      return false
    }
  }

  /** Resolves with whether somebody else serves them now. */
  async #give(group: readonly Lease[]): Promise<boolean> {
    const { leases, shards, desk, announcer, bus, clock, log, metrics } = this.#options
    const given = group.map(({ shard }) => shard)
    const shutAtMs = clock.nowMs()
    for (const shard of given) shards.move(shard, 'leaving')
    desk.shut(given)
    await untilAborted(this.#stopping.signal, desk.quiet(given))
    announcer.finish(new Set(given))
    for (const shard of given) this.#underWay.add(shard)
    try {
      await leases.release(group, clock.nowMs() - shutAtMs)
    } finally {
      // Not before the leases are: whoever looks for free shards would find its own name on these.
      for (const lease of group) shards.lose(lease)
      desk.forget(given)
    }
    bus.publish(freeShardsHintSubject, {})
    const isServed = await this.#served()
    const tookMs = clock.nowMs() - shutAtMs
    if (isServed) metrics.handoffMs.observe(tookMs)
    log.info({ shards: given.length, tookMs, isServed }, 'shards handed over')
    return isServed
  }

  /** Resolves with true when the next owners serve, with false when that takes too long. */
  async #served(): Promise<boolean> {
    const enough = new AbortController()
    const isServed = new Promise<boolean>((resolve) => {
      this.#allServed = () => resolve(true)
      if (this.#underWay.size === 0) resolve(true)
    })
    const signal = AbortSignal.any([enough.signal, this.#stopping.signal])
    const tooLong = wait(handoffWaitMs, this.#options.clock, signal).then(
      () => false,
      () => false,
    )
    try {
      return await Promise.race([isServed, tooLong])
    } finally {
      enough.abort()
      this.#underWay.clear()
    }
  }
}

function byShard(leases: readonly Lease[]): readonly Lease[] {
  return leases.toSorted((one, other) => one.shard - other.shard)
}
