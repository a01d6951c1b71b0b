// The lots a lane has in memory: as they were last committed, each with its timer. Nothing here is the
// truth; whatever is dropped is read again.
import type { Lot } from '../core/lot.ts'
import type { ChainEnds } from './audit-chain.ts'
import { type ClosingTimers, deadlineOf } from './closing-timers.ts'

export interface HeldLot {
  readonly lotId: string
  readonly shard: number
  /** The shard's epoch under which the lot was claimed. */
  readonly epoch: number
  /** As committed; undefined where no lot has this id yet. */
  readonly lot: Lot | undefined
  /** Of its audit chain; undefined where there is no lot. */
  readonly ends: ChainEnds | undefined
}

interface Slot {
  held: HeldLot
  usedAtMs: number
}

export interface IdleRule {
  /** Dropped when not asked for since. */
  readonly usedBeforeMs: number
  /** Kept, however idle, when it opens or closes before this. */
  readonly dueBeforeMs: number
}

export class HeldLots {
  readonly #slots = new Map<string, Slot>()
  readonly #timers: ClosingTimers

  constructor(timers: ClosingTimers) {
    this.#timers = timers
  }

  get size(): number {
    return this.#slots.size
  }

  has(lotId: string): boolean {
    return this.#slots.has(lotId)
  }

  /** The lot, which counts as used now. */
  use(lotId: string, nowMs: number): HeldLot | undefined {
    const slot = this.#slots.get(lotId)
    if (slot === undefined) return undefined
    slot.usedAtMs = nowMs
    return slot.held
  }

  /** Takes a lot in, or puts its newly committed state in place of the one before. */
  put(held: HeldLot, nowMs: number): void {
    const slot = this.#slots.get(held.lotId)
    if (slot === undefined) this.#slots.set(held.lotId, { held, usedAtMs: nowMs })
    else slot.held = held
    if (held.lot !== undefined) this.#timers.watch(held.lotId, held.lot.now)
  }

  drop(lotId: string): void {
    this.#slots.delete(lotId)
    this.#timers.forget(lotId)
  }

  dropShards(shards: ReadonlySet<number>): void {
    for (const { held } of this.#slots.values()) if (shards.has(held.shard)) this.drop(held.lotId)
  }

  /** The shards of the open lots that end before then. */
  closing(beforeMs: number): readonly number[] {
    return [...this.#slots.values()].flatMap(({ held: { lot, shard } }) =>
      lot?.now.state === 'open' && lot.now.endsAtMs < beforeMs ? [shard] : [],
    )
  }

  dropAll(): void {
    for (const lotId of this.#slots.keys()) this.drop(lotId)
  }

  /** Lets go of lots that nobody asks for: all but open ones and those about to open. */
  dropIdle({ usedBeforeMs, dueBeforeMs }: IdleRule): void {
    for (const { held, usedAtMs } of this.#slots.values()) {
      if (usedAtMs >= usedBeforeMs) continue
      if (held.lot === undefined) this.drop(held.lotId)
      else if (held.lot.now.state !== 'open') {
        const deadline = deadlineOf(held.lotId, held.lot.now)
        if (deadline === undefined || deadline.atMs >= dueBeforeMs) this.drop(held.lotId)
      }
    }
  }
}
