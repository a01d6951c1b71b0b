// Where the commands of the owned shards come in: each shard has its lane, which has its lots in memory,
// and is served on its subject of the bus for as long as it is this engine's.
import { assert } from '../../platform/assert.ts'
import {
  type Bus,
  type BusMessage,
  nobody,
  silence,
  type Unlisten,
} from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import type { EngineCommand, ServedShards } from '../../protocol/engine.ts'
import { lotCommandsSubject, servedShardsHintSubject, shardOf } from '../../protocol/subjects.ts'
import { dueHorizonMs, dueLotsMax, handoffMsMax } from '../limits.ts'
import type { Lease, LotJournal } from '../ports/lot-journal.ts'
import type { TakenShard } from '../ports/shard-leases.ts'
import type { EngineMetrics } from './engine-metrics.ts'
import { type Absences, type Lane, noAbsence } from './lane.ts'
import type { OwnedShards } from './owned-shards.ts'

/** A lane, the journal it writes to, and its number: it has the shards of this remainder. */
export interface Track {
  readonly lane: Lane
  readonly journal: LotJournal
  readonly nth: number
}

export interface ShardDeskOptions {
  readonly tracks: readonly Track[]
  readonly shards: OwnedShards
  readonly bus: Bus
  readonly clock: Clock
  readonly metrics: EngineMetrics
  /** Told when a command comes for a shard which this engine may not decide for any more. */
  readonly onStranger: () => void
}

export class ShardDesk {
  readonly #options: ShardDeskOptions
  readonly #serving = new Map<number, Unlisten>()

  constructor(options: ShardDeskOptions) {
    this.#options = options
  }

  /** Recovers the lots of newly taken shards, then serves their commands. */
  async open(taken: readonly TakenShard[], askedAtMs: number): Promise<void> {
    const { tracks, bus, shards: owned } = this.#options
    const absences = absencesOf(taken, askedAtMs)
    // Before anything is waited for: commands of before an absence may ask for their lots meanwhile.
    for (const { lane } of tracks) lane.makeUpFor(absences)
    try {
      await Promise.all(tracks.map((track) => this.#recover(track, taken)))
      await Promise.all(taken.map((lease) => this.#serve(lease)))
    } finally {
      for (const { lane } of tracks) lane.makeUpFor(noAbsence)
    }
    const served = taken.filter(({ shard, epoch }) => owned.epochOf(shard) === epoch)
    const hint: ServedShards = { shards: served.map(({ shard }) => shard) }
    bus.publish(servedShardsHintSubject, hint)
    this.#count()
  }

  /** From here on the bus says that nobody serves these; gateways ask again until the next owner does. */
  shut(shards: Iterable<number>): void {
    for (const shard of shards) {
      this.#serving.get(shard)?.()
      this.#serving.delete(shard)
    }
  }

  shutAll(): void {
    this.shut([...this.#serving.keys()])
  }

  /** Resolves when everything that was admitted of these shards is answered. */
  async quiet(shards: readonly number[]): Promise<void> {
    await Promise.all(this.#options.tracks.map(({ lane }) => lane.quiet(shards)))
  }

  /** These shards have, or may have, another owner: nothing of them is served or kept. */
  forget(shards: readonly number[]): void {
    this.shut(shards)
    for (const { lane } of this.#options.tracks) lane.dropShards(new Set(shards))
    this.#count()
  }

  /** The shards with an open lot that ends before then. */
  closing(beforeMs: number): ReadonlySet<number> {
    return new Set(this.#options.tracks.flatMap(({ lane }) => lane.closing(beforeMs)))
  }

  /** Lots which open or close soon, or should have: their timers are set once they are in memory. */
  async loadDueLots(): Promise<void> {
    const { tracks, clock } = this.#options
    const beforeMs = clock.nowMs() + dueHorizonMs
    for (const { lane, journal, nth } of tracks) {
      lane.dropIdle()
      const shards = [...this.#serving.keys()].filter((shard) => this.#isOn(shard, nth))
      await lane.load(await journal.dueLots(shards, beforeMs, dueLotsMax))
    }
  }

  /** Brings the lots that time will act on into memory, of those shards which are this track's. */
  async #recover({ lane, journal, nth }: Track, taken: readonly TakenShard[]): Promise<void> {
    const shards = taken.map(({ shard }) => shard).filter((shard) => this.#isOn(shard, nth))
    if (shards.length === 0) return
    const beforeMs = this.#options.clock.nowMs() + dueHorizonMs
    const [open, due] = await Promise.all([
      journal.openLots(shards),
      journal.dueLots(shards, beforeMs, dueLotsMax),
    ])
    await lane.load([...new Set([...open, ...due])])
  }

  async #serve({ shard, epoch }: Lease): Promise<void> {
    const { bus, shards, clock, onStranger } = this.#options
    const isOurs = (): boolean => shards.epochOf(shard) === epoch
    if (!isOurs()) return
    const { lane } = this.#trackOf(shard)
    let hasLeft = false
    const answer = async (message: BusMessage): Promise<BusMessage> => {
      const command = message as EngineCommand
      // Under a wrong shard the lot would have a second writer.
      assert(shardOf(command.lotId) === shard, 'a command comes by the subject of its lot')
      if (!isOurs() || !shards.admits(shard, clock.nowMs())) {
        onStranger()
        // Another owner may have heard the same, and be about to accept it.
        return silence
      }
      // As long as the shard is ours nobody else can have been asked.
      return hasLeft ? nobody : lane.submit(shard, command)
    }
    // A former owner that stands still is subscribed for minutes yet, and is not to draw what it never answers.
    const unlisten = await bus.serve(lotCommandsSubject(shard), answer, { everyone: true })
    const leave = (): void => {
      hasLeft = true
      unlisten()
    }
    // It may have been lost while the bus was told.
    if (!isOurs()) return leave()
    this.#serving.set(shard, leave)
    shards.move(shard, 'served')
  }

  #count(): void {
    const { metrics, shards } = this.#options
    metrics.shards.set(shards.size)
  }

  #isOn(shard: number, nth: number): boolean {
    return shard % this.#options.tracks.length === nth
  }

  #trackOf(shard: number): Track {
    const { tracks } = this.#options
    const track = tracks[shard % tracks.length]
    assert(track !== undefined, 'an engine has at least one lane')
    return track
  }
}

/** Since when nobody has decided for a shard, where that counts as an absence, on this process's clock. */
function absencesOf(taken: readonly TakenShard[], askedAtMs: number): Absences {
  const absences = new Map<number, number>()
  for (const { shard, from, awayMs } of taken) {
    if (awayMs === undefined || (from === 'given_up' && awayMs <= handoffMsMax)) continue
    absences.set(shard, askedAtMs - awayMs)
  }
  return absences
}
