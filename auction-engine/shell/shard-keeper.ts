// Takes shards and keeps them: says that this engine is there, renews the leases in time, notices which
// were lost, takes its share of what others let go or left behind, and gives everything back at the end.
import { type Beat, beat } from '../../platform/beat.ts'
import type { Clock, Timer } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { untilStoreAnswers } from '../../platform/patience.ts'
import {
  attendanceMs,
  heartbeatMs,
  leaseSafetyMs,
  lookEachMs,
  orphanedMs,
  stoodStillMs,
  unreachableMs,
} from '../limits.ts'
import type { Lease } from '../ports/lot-journal.ts'
import type { ShardLeases, TakenShard, Wish } from '../ports/shard-leases.ts'
import type { EngineMetrics } from './engine-metrics.ts'
import type { OwnedShards } from './owned-shards.ts'

export interface ShardKeeperOptions {
  readonly leases: ShardLeases
  readonly shards: OwnedShards
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: EngineMetrics
  readonly shardCount: number
  readonly leaseMs: number
  /** Whether commands can reach this engine at present. Default: always. */
  readonly isReachable?: () => boolean
  /** Brings newly taken shards to work; until it is done nobody is served. */
  readonly onTaken: (taken: readonly TakenShard[], askedAtMs: number) => Promise<void>
  /** Their lots have, or may have, another owner from now on. */
  readonly onLost: (leases: readonly Lease[]) => void
}

export class ShardKeeper {
  readonly #options: ShardKeeperOptions
  #attending: Beat | undefined
  #renewing: Beat | undefined
  #looking: Beat | undefined
  #lapsing: Timer | undefined
  /** Engines that are there, this one included. */
  #engines = 1
  #isHinted = false
  #isGreedy = false
  #unreachableSinceMs: number | undefined
  /** Shards whose leases ran out under this engine, and when it last knew that they were its own. */
  readonly #lapsed = new Map<number, number>()

  constructor(options: ShardKeeperOptions) {
    this.#options = options
  }

  /** How many shards this engine has more than its share. */
  get surplus(): number {
    return this.#options.shards.size - this.#share
  }

  get #share(): number {
    return Math.ceil(this.#options.shardCount / this.#engines)
  }

  /**
   * Takes its share of what is free, and waits for a store that does not answer. Resolves when the shards
   * taken are at work. @throws the signal's reason
   */
  async start(signal: AbortSignal): Promise<void> {
    const patience = { ...this.#options, signal }
    // Renewal comes first: bringing many lots into memory may take longer than a lease lasts.
    this.#renewing = beat('renew leases', heartbeatMs, () => this.#renew(), this.#options)
    await untilStoreAnswers(() => this.#attend(), patience)
    this.#attending = beat('attend', heartbeatMs, () => this.#attend(), this.#options)
    await untilStoreAnswers(() => this.#take(), patience)
    this.#looking = beat('look for shards', lookEachMs, () => this.#take(), this.#options)
  }

  /** Somebody says that shards are free. */
  look(): void {
    this.#isHinted = true
    this.#looking?.soon()
  }

  /** Nobody came for shards that this engine gave up: it takes what is free, whatever its share is. */
  takeBack(): void {
    this.#isGreedy = true
    this.#looking?.soon()
  }

  /** Takes no more shards. Those held are still renewed. */
  async settle(): Promise<void> {
    await Promise.all([this.#looking?.stop(), this.#attending?.stop()])
  }

  /** Says that this engine goes, so that its share is the others'. Returns how many others there are. */
  leave(): Promise<number> {
    return this.#options.leases.leave()
  }

  /** Gives everything back, so that the next owner need not wait. */
  async release(): Promise<void> {
    await this.stop()
    const { leases, shards } = this.#options
    // Of those that never came to work nobody is to believe that somebody decided for them.
    const unserved = shards.in('taken')
    if (unserved.length > 0) await leases.release(unserved)
    await leases.release([...shards.in('served'), ...shards.in('leaving')], 0)
  }

  /** Ends all of it, and lets the leases run out. */
  async stop(): Promise<void> {
    this.#lapsing?.cancel()
    await Promise.all([this.settle(), this.#renewing?.stop()])
    this.#lapsing?.cancel()
  }

  /** The journal, or a renewal, says that these shards have another owner. */
  lose(leases: readonly Lease[]): void {
    this.notice()
    const { shards, log, onLost } = this.#options
    const lost = leases.filter((lease) => shards.lose(lease))
    if (lost.length === 0) return
    log.warn({ lost: lost.length, owned: shards.size }, 'shards were lost to another owner')
    onLost(lost)
  }

  /**
   * Finds out whether the leases ran out, as they do under a process that stood still or could not reach
   * the database. What was held in memory then may long be otherwise: all of it is dropped, and shards are
   * taken anew, like anybody's.
   */
  notice(): void {
    const { shards, clock, log, metrics, leaseMs, onLost } = this.#options
    const lateMs = clock.nowMs() - shards.admitUntilMs
    if (lateMs < 0) return
    const cause = lateMs >= stoodStillMs ? 'stood_still' : 'not_renewed'
    metrics.lapses.inc({ cause })
    const knownAtMs = shards.admitUntilMs - leaseMs + leaseSafetyMs
    const lapsed = shards.leases.filter((lease) => shards.lose(lease))
    for (const { shard } of lapsed) this.#lapsed.set(shard, knownAtMs)
    log.warn({ cause, lateMs, shards: lapsed.length }, 'the leases ran out: begins anew')
    onLost(lapsed)
  }

  /**
   * Gives everything up that nobody can ask this engine for: another one may be reached. The absence counts
   * from when this one was cut off, so that lots whose last moments passed in silence get them back.
   */
  async #giveUpUnreachable(): Promise<void> {
    const { leases, shards, clock, log, metrics, onLost } = this.#options
    const given = shards.leases.filter((lease) => shards.lose(lease))
    if (given.length === 0) return
    const silentMs = clock.nowMs() - (this.#unreachableSinceMs ?? clock.nowMs())
    metrics.lapses.inc({ cause: 'unreachable' })
    log.warn(
      { silentMs, shards: given.length },
      'nobody can reach this engine: gives its shards up',
    )
    onLost(given)
    // Where this fails, the leases run out and the others learn of it a little later.
    await leases.release(given, silentMs)
    await leases.leave()
  }

  /** Whether commands have not been able to reach this engine for too long. */
  #isCutOff(): boolean {
    const { clock, isReachable = () => true } = this.#options
    if (isReachable()) {
      this.#unreachableSinceMs = undefined
      return false
    }
    this.#unreachableSinceMs ??= clock.nowMs()
    return clock.nowMs() - this.#unreachableSinceMs >= unreachableMs
  }

  async #attend(): Promise<void> {
    if (this.#isCutOff()) return
    this.#engines = await this.#options.leases.attend(attendanceMs)
  }

  async #take(): Promise<void> {
    const { leases, shards, clock, log, metrics, shardCount, leaseMs, onTaken } = this.#options
    if (this.#isCutOff() || shards.size === shardCount) return
    // Whoever gave them up may have gone, and left a larger share to those who stay.
    if (this.#isHinted && this.surplus >= 0) await this.#attend()
    this.#isHinted = false
    const askedAtMs = clock.nowMs()
    const held = shards.leases.map(({ shard }) => shard)
    const found = await leases.acquire(held, this.#wish())
    this.#isGreedy = false
    const taken = found.map((each) => this.#withOwnAbsence(each, askedAtMs))
    const admitsUntilMs = this.#untilFrom(askedAtMs, leaseMs)
    // Where the answer took that long the next beat takes them again: they are in this engine's name.
    if (taken.length === 0 || clock.nowMs() >= admitsUntilMs) return
    shards.take(taken, admitsUntilMs)
    this.#watch()
    for (const { from } of taken) metrics.takeovers.inc({ from })
    try {
      await onTaken(taken, askedAtMs)
    } catch (error) {
      // Better nobody's for a moment than ours and silent: the next beat takes them again.
      this.#options.onLost(taken.filter((lease) => shards.lose(lease)))
      throw error
    }
    for (const { shard } of taken) this.#lapsed.delete(shard)
    // Now they are served, and whoever comes after is to count from now, not from a former owner's time.
    this.#renewing?.soon()
    log.info({ taken: taken.length, owned: shards.size }, 'shards taken')
  }

  #wish(): Wish {
    if (this.#isGreedy) return {}
    const room = -this.surplus
    return room > 0 ? { shardsMax: room } : { freeForMs: orphanedMs }
  }

  /** A renewal that the database carried out late says that somebody decided when nobody did. */
  #withOwnAbsence(taken: TakenShard, askedAtMs: number): TakenShard {
    const knownAtMs = this.#lapsed.get(taken.shard)
    if (knownAtMs === undefined || taken.from !== 'itself') return taken
    return { ...taken, awayMs: Math.max(taken.awayMs ?? 0, askedAtMs - knownAtMs) }
  }

  async #renew(): Promise<void> {
    const { leases, shards, clock, leaseMs } = this.#options
    // To renew what ran out would be to say that somebody decided for the lots meanwhile.
    this.notice()
    if (this.#isCutOff()) return this.#giveUpUnreachable()
    const before = shards.leases
    if (before.length === 0) return
    const askedAtMs = clock.nowMs()
    const unserved = shards.in('taken').map(({ shard }) => shard)
    const renewed = await leases.renew(before, unserved)
    shards.prolong(renewed, this.#untilFrom(askedAtMs, leaseMs))
    const still = new Map(renewed.map(({ shard, epoch }) => [shard, epoch]))
    const leaving = new Set(shards.in('leaving').map(({ shard }) => shard))
    // What this engine is giving up may be somebody else's already.
    this.lose(
      before.filter(({ shard, epoch }) => still.get(shard) !== epoch && !leaving.has(shard)),
    )
  }

  /** The lease counts from when it was asked for: the database granted it no earlier. */
  #untilFrom(askedAtMs: number, leaseMs: number): number {
    return askedAtMs + leaseMs - leaseSafetyMs
  }

  /** Sets the timer by which the end of the leases is noticed, unless a renewal moves it. */
  #watch(): void {
    const { shards, clock } = this.#options
    this.#lapsing?.cancel()
    const { admitUntilMs } = shards
    if (admitUntilMs === Number.POSITIVE_INFINITY) return
    this.#lapsing = clock.after(admitUntilMs - clock.nowMs(), () => {
      this.notice()
      this.#watch()
    })
  }
}
