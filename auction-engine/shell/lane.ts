// One lane: some of the shards, with their lots in memory, an inbox and a worker. Here commands enter;
// one whose lot is not in memory waits until the lot is read, in its place behind the others of that lot.
import type { Clock } from '../../platform/clock.ts'
import { Inbox } from '../../platform/inbox.ts'
import type { Logger } from '../../platform/log.ts'
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'
import { shardCount, shardOf } from '../../protocol/subjects.ts'
import type { TimeCommand } from '../core/decision.ts'
import type { Lot } from '../core/lot.ts'
import {
  dueHorizonMs,
  type EngineLimits,
  failoverGraceMs,
  inboxCommandsMax,
  lotIdleMs,
  lotsPerLoadMax,
} from '../limits.ts'
import type { Claim, Claimed, Lease, LotJournal } from '../ports/lot-journal.ts'
import type { Admitted } from './admitted.ts'
import type { Announcer } from './announcer.ts'
import { AnswerMemory } from './answer-memory.ts'
import { ClosingTimers } from './closing-timers.ts'
import { Decider } from './decider.ts'
import type { EngineMetrics } from './engine-metrics.ts'
import { HeldLots } from './held-lots.ts'
import { LotWorker } from './lot-worker.ts'
import type { OwnedShards } from './owned-shards.ts'
import { overloaded } from './refusals.ts'
import { Settler } from './settler.ts'
import { Unanswered } from './unanswered.ts'

export interface LaneOptions {
  readonly journal: LotJournal
  readonly shards: OwnedShards
  readonly announcer: Announcer
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: EngineMetrics
  readonly limits: EngineLimits
  /** Told when the journal says that a shard has a newer owner. */
  readonly onFenced: (lease: Lease) => void
}

/** Since when nobody decided for the lots of a shard, by shard, where anybody missed it. */
export type Absences = ReadonlyMap<number, number>

export const noAbsence: Absences = new Map()

export class Lane {
  readonly #options: LaneOptions
  readonly #inbox: Inbox<Admitted>
  readonly #held: HeldLots
  readonly #worker: LotWorker
  readonly #unanswered = new Unanswered(shardCount)
  /** Commands whose lot is being read, by lot, in the order admitted. */
  readonly #waiting = new Map<string, Admitted[]>()
  /** Lots to be read with the next query: those asked for in one turn are read together. */
  #wanted: string[] = []
  /** Of shards that are taken and not served yet. */
  #absences = noAbsence
  #running: Promise<void> | undefined
  readonly #stopping = new AbortController()

  constructor(options: LaneOptions) {
    const { clock, limits } = options
    this.#options = options
    this.#inbox = new Inbox(inboxCommandsMax, limits.decisionsPerBatchMax)
    this.#held = new HeldLots(
      new ClosingTimers(clock, (command) => {
        const admitted = this.#ofTime(command)
        // Where the lease has run out the next owner judges what this moment means for the lot.
        if (options.shards.admits(admitted.shard, admitted.admittedAtMs)) this.#admit(admitted)
      }),
    )
    const parts = {
      ...options,
      inbox: this.#inbox,
      held: this.#held,
      signal: this.#stopping.signal,
      memory: new AnswerMemory(limits.answersPerLaneMax),
      onMissing: (admitted: Admitted) => this.#waitForLot(admitted),
    }
    const decider = new Decider(parts)
    const settler = new Settler(parts, decider)
    const batchMax = limits.decisionsPerBatchMax
    this.#worker = new LotWorker({ ...parts, decider, settler, batchMax })
  }

  get lotsHeld(): number {
    return this.#held.size
  }

  /** Starts the worker. Whatever it throws is a fault of ours, and ends the process. */
  start(): void {
    this.#running = this.#worker.run()
  }

  /**
   * Brings a command to its decision. The reply comes when the decision is committed; `overloaded` comes
   * at once and means that nothing was, or will be, decided. Bids are turned away when they would wait
   * too long; everything else is rare, and whoever runs the sale must get through.
   */
  submit(shard: number, command: EngineCommand): Promise<EngineReply> {
    const { clock, limits } = this.#options
    const nowMs = clock.nowMs()
    const waitMs = command.type === 'place_bid' ? this.#inbox.expectedWaitMs(nowMs) : 0
    if (waitMs > limits.inboxWaitMsMax) {
      return Promise.resolve(this.#refuse(command, nowMs, waitMs))
    }
    this.#unanswered.admitted(shard)
    return new Promise((resolve) => {
      const answer = (reply: EngineReply): void => {
        this.#unanswered.answered(shard)
        resolve(reply)
      }
      this.#admit({ command, shard, admittedAtMs: nowMs, answer })
    })
  }

  /** Resolves when everything that was admitted of these shards is answered, and told before that. */
  quiet(shards: readonly number[]): Promise<void> {
    return this.#unanswered.none(shards)
  }

  /**
   * From here on whatever lot of these shards is read, for whatever reason, is given back what the absence
   * took from it before anything else is decided on it. It ends with the next call, when they are served.
   */
  makeUpFor(absences: Absences): void {
    this.#absences = absences
  }

  /**
   * Reads lots which are neither held nor on their way.
   * @throws what the journal throws; commands that wait for these lots are refused then.
   */
  async load(lotIds: readonly string[]): Promise<void> {
    for (let from = 0; from < lotIds.length; from += lotsPerLoadMax) {
      const part = lotIds.slice(from, from + lotsPerLoadMax)
      const missing = part.filter((lotId) => !this.#held.has(lotId) && !this.#waiting.has(lotId))
      // Not before it is their turn: where a reading fails, nobody comes for the lots of those after it.
      for (const lotId of missing) this.#waiting.set(lotId, [])
      if (missing.length > 0) await this.#read(missing)
    }
  }

  /** Forgets the lots of shards that have another owner now. */
  dropShards(shards: ReadonlySet<number>): void {
    this.#held.dropShards(shards)
  }

  /** The shards with an open lot that ends before then; some of them more than once. */
  closing(beforeMs: number): readonly number[] {
    return this.#held.closing(beforeMs)
  }

  /** Lets go of lots nobody asks for, so that memory holds what is sold at present. */
  dropIdle(): void {
    const nowMs = this.#options.clock.nowMs()
    this.#held.dropIdle({ usedBeforeMs: nowMs - lotIdleMs, dueBeforeMs: nowMs + 2 * dueHorizonMs })
  }

  /** Decides what was admitted, then ends the worker. */
  async drain(): Promise<void> {
    this.#inbox.close()
    await this.#running
    this.stop()
  }

  /** Ends it without waiting for anything. */
  stop(): void {
    this.#stopping.abort()
    this.#inbox.close()
    // What still waits for its lot was not decided.
    const nowMs = this.#options.clock.nowMs()
    for (const admitted of this.#waiting.values()) this.#refuseAll(admitted, nowMs)
    this.#waiting.clear()
    this.#held.dropAll()
  }

  /** A command that time gives, and nobody waits for. */
  #ofTime(command: TimeCommand): Admitted {
    const { lotId } = command
    const admittedAtMs = this.#options.clock.nowMs()
    return { command, shard: shardOf(lotId), admittedAtMs, answer: () => {} }
  }

  #admit(admitted: Admitted): void {
    const { lotId } = admitted.command
    // A lot which waits is not held; one that is held may have to wait again, behind its first comers.
    if (this.#waiting.has(lotId) || !this.#held.has(lotId)) this.#waitForLot(admitted)
    else this.#enqueue(admitted)
  }

  #enqueue(admitted: Admitted): void {
    if (this.#inbox.push(admitted)) return
    const { command, admittedAtMs, answer } = admitted
    answer(this.#refuse(command, admittedAtMs))
  }

  #waitForLot(admitted: Admitted): void {
    const { lotId } = admitted.command
    const waiting = this.#waiting.get(lotId)
    if (waiting !== undefined) {
      waiting.push(admitted)
      return
    }
    this.#waiting.set(lotId, [admitted])
    this.#wanted.push(lotId)
    if (this.#wanted.length > 1) return
    queueMicrotask(() => {
      const wanted = this.#wanted
      this.#wanted = []
      this.#read(wanted).catch((err: unknown) => {
        this.#options.log.warn({ err, lots: wanted.length }, 'lots could not be read')
      })
    })
  }

  /** Reads lots that are marked as waited for. */
  async #read(lotIds: readonly string[]): Promise<void> {
    const claims = lotIds.flatMap((lotId): Claim[] => {
      const epoch = this.#options.shards.epochOf(shardOf(lotId))
      return epoch === undefined ? [] : [{ lotId, epoch }]
    })
    const arrived = new Map<string, Claimed>()
    try {
      const found = await this.#options.journal.claim(claims)
      for (const [at, claimed] of found.entries()) {
        const claim = claims[at]
        if (claim !== undefined) this.#arrive(claim, claimed, arrived)
      }
    } finally {
      for (const lotId of lotIds) {
        const found = arrived.get(lotId)
        if (found?.type === 'claimed') this.#giveBack(found.stored.lot)
        this.#letIn(lotId, found !== undefined)
      }
    }
  }

  #arrive({ lotId, epoch }: Claim, claimed: Claimed, arrived: Map<string, Claimed>): void {
    const { shards, clock, onFenced } = this.#options
    const shard = shardOf(lotId)
    if (claimed.type === 'fenced') onFenced({ shard, epoch })
    // The shard may have been lost, and even taken again, while the lot was read.
    const isOurs = shards.epochOf(shard) === epoch && !this.#stopping.signal.aborted
    if (claimed.type === 'fenced' || !isOurs) return
    const found =
      claimed.type === 'claimed'
        ? { lot: claimed.stored.lot, ends: claimed.stored }
        : { lot: undefined, ends: undefined }
    this.#held.put({ lotId, shard, epoch, ...found }, clock.nowMs())
    arrived.set(lotId, claimed)
  }

  /** Lets the core judge what an absence took from the lot; most lots end too late to have lost anything. */
  #giveBack({ rules, now }: Lot): void {
    const { lotId } = rules
    const awayFromMs = this.#absences.get(shardOf(lotId))
    if (awayFromMs === undefined) return
    const graceMs = failoverGraceMs
    if (now.endsAtMs >= this.#options.clock.nowMs() + graceMs) return
    this.#enqueue(this.#ofTime({ type: 'extend_lot', lotId, awayFromMs, graceMs }))
  }

  /** Those who waited for the lot enter in their order, or hear that nothing was decided. */
  #letIn(lotId: string, isHere: boolean): void {
    const waiting = this.#waiting.get(lotId) ?? []
    this.#waiting.delete(lotId)
    if (isHere) for (const admitted of waiting) this.#enqueue(admitted)
    else this.#refuseAll(waiting, this.#options.clock.nowMs())
  }

  #refuseAll(waiting: readonly Admitted[], nowMs: number): void {
    for (const { command, answer } of waiting) {
      if ('actor' in command) answer(this.#refuse(command, nowMs))
    }
  }

  #refuse(command: Admitted['command'], nowMs: number, waitMs?: number): EngineReply {
    this.#options.metrics.answers.inc({ outcome: 'overloaded' })
    return overloaded(command, nowMs, waitMs)
  }
}
