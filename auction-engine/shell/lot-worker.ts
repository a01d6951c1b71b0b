// The one writer of a lane's lots, and its pace. `run` is the whole concurrency model: whatever waits is
// taken as one batch, decided on drafts, committed in one call; then memory moves, and the watchers and
// the callers are told. No timer: an idle lot's bid is committed at once, and while a commit is under way
// the next batch gathers.

import { assert } from '../../platform/assert.ts'
import type { Clock } from '../../platform/clock.ts'
import { codeOf } from '../../platform/failure.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { Logger } from '../../platform/log.ts'
import type { EngineReply } from '../../protocol/engine.ts'
import type { LotCommand } from '../core/decision.ts'
import type { Lease, LotChange, LotJournal, LotVerdict } from '../ports/lot-journal.ts'
import type { Announcer } from './announcer.ts'
import { type AnswerMemory, keyOf } from './answer-memory.ts'
import { commitUntilKnown, type KnownResult } from './commit-until-known.ts'
import { DraftBatch, type DraftLot, type Heard } from './draft-batch.ts'
import { type EngineMetrics, outcomeOf } from './engine-metrics.ts'
import type { HeldLots } from './held-lots.ts'
import type { Admitted, Inbox } from './inbox.ts'
import type { OwnedShards } from './owned-shards.ts'
import { overloaded, undecided, unknownOutcome } from './refusals.ts'

export interface LotWorkerOptions {
  readonly inbox: Inbox
  readonly held: HeldLots
  readonly memory: AnswerMemory
  readonly journal: LotJournal
  readonly announcer: Announcer
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: EngineMetrics
  /** Ends it in the middle of things: what is not committed by then is given up. */
  readonly signal: AbortSignal
  readonly shards: OwnedShards
  /** Told when the journal says that a shard has a newer owner. */
  readonly onFenced: (lease: Lease) => void
  /** Takes a command whose lot is not held any more. */
  readonly onMissing: (admitted: Admitted) => void
}

/** What is left to be said once memory has moved. */
type Telling = () => void

export class LotWorker {
  readonly #options: LotWorkerOptions

  constructor(options: LotWorkerOptions) {
    this.#options = options
  }

  /** Works until the inbox is closed and empty. Throws only where the program is at fault. */
  async run(): Promise<void> {
    const { inbox } = this.#options
    let untold: readonly Telling[] = []
    for (;;) {
      if (inbox.isEmpty) untold = tell(untold)
      const admitted = await inbox.take()
      if (admitted.length === 0) return
      // Decided and sent before this call returns; while the database works, the batch before is told.
      const settling = this.#settle(admitted)
      tell(untold)
      untold = await settling
    }
  }

  /** Decides, commits and evolves. Nobody has heard anything yet when the promise resolves. */
  async #settle(admitted: readonly Admitted[]): Promise<readonly Telling[]> {
    let present = admitted
    for (;;) {
      present = this.#present(present)
      const batch = this.#decide(present)
      const changes = batch.close()
      if (changes.length === 0) return this.#evolve(batch, [])
      const result = await this.#commit(changes)
      switch (result.type) {
        case 'done':
          return this.#evolve(batch, result.verdicts)
        case 'given_up':
          return this.#giveUp(batch, result.inDoubt)
        case 'unstorable':
          return this.#isolate(present, result.cause)
        case 'seen_before':
          // Nothing is stored. With the first answers in memory the same commands are decided again.
          if (!(await this.#recall(changes))) return this.#giveUp(batch, false)
      }
    }
  }

  /** The commands whose lots are held; the others go back to wait for theirs. */
  #present(admitted: readonly Admitted[]): readonly Admitted[] {
    const { held, onMissing } = this.#options
    return admitted.filter((one) => {
      const isPresent = held.has(one.command.lotId)
      if (!isPresent) onMissing(one)
      return isPresent
    })
  }

  #decide(admitted: readonly Admitted[]): DraftBatch {
    const { held, memory, clock, log } = this.#options
    const nowMs = clock.nowMs()
    const batch = new DraftBatch(memory)
    for (const one of admitted) {
      const lot = held.use(one.command.lotId, nowMs)
      assert(lot !== undefined, 'only commands whose lot is held are decided')
      try {
        batch.decide(lot, one)
      } catch (err) {
        // A fault of ours in deciding this one command; the lot is as before and its other bidders go on.
        const incidentId = uuidv7()
        log.error({ err, incidentId, command: one.command.type }, 'a command could not be decided')
        batch.answer(lot, one, undecided(one.command, 'internal', nowMs, { incidentId }))
      }
    }
    return batch
  }

  async #commit(changes: readonly LotChange[]): Promise<KnownResult> {
    const { clock, metrics, inbox } = this.#options
    const startedMs = performance.now()
    const batch = { batchId: uuidv7(), atMs: clock.nowMs(), lots: changes }
    const result = await commitUntilKnown(batch, this.#options)
    const tookMs = performance.now() - startedMs
    inbox.batchTook(tookMs)
    metrics.commitMs.observe(tookMs)
    metrics.commits.inc({ result: result.type })
    metrics.batchDecisions.observe(changes.reduce((sum, { decided }) => sum + decided.length, 0))
    return result
  }

  /** Memory moves: the drafts of the lots that are stored become what is held. */
  #evolve(batch: DraftBatch, verdicts: readonly LotVerdict[]): readonly Telling[] {
    let nth = 0
    return [...batch.lots].map((lot) => {
      if (lot.change === undefined) return this.#leave(lot)
      const verdict = verdicts[nth]
      nth += 1
      assert(verdict !== undefined, 'the journal gives a verdict on each lot')
      return verdict.type === 'committed'
        ? this.#move(lot, lot.change, verdict.outboxId)
        : this.#lose(lot, lot.change, verdict.type)
    })
  }

  #move({ held, heard }: DraftLot, change: LotChange, outboxId: number | undefined): Telling {
    const { memory, shards, clock, announcer } = this.#options
    for (const decided of change.decided) memory.remember(decided)
    // Where the shard was lost meanwhile the lot has been dropped, and stays so.
    if (shards.epochOf(held.shard) === held.epoch) {
      this.#options.held.put({ ...held, lot: change.after.lot, ends: change.after }, clock.nowMs())
    }
    return () => {
      announcer.announce(change, outboxId)
      this.#answer(heard, (_command, reply) => reply)
    }
  }

  /** Nothing was decided on this lot: repeats and refusals that leave no trace are told as they are. */
  #leave({ held, draft, heard }: DraftLot): Telling {
    if (draft.lot === undefined) this.#options.held.drop(held.lotId)
    return () => this.#answer(heard, (_command, reply) => reply)
  }

  /** The journal knows better than our memory. An earlier attempt may have been stored all the same. */
  #lose({ held, heard }: DraftLot, change: LotChange, why: 'fenced' | 'conflict'): Telling {
    const { log, onFenced, clock } = this.#options
    const { lotId, shard, epoch } = change
    log.warn({ lotId, shard, epoch }, why === 'fenced' ? 'fenced by a newer owner' : 'not as held')
    this.#options.held.drop(held.lotId)
    if (why === 'fenced') onFenced({ shard, epoch })
    return () => this.#answer(heard, (command) => unknownOutcome(command, clock.nowMs()))
  }

  /** Tells the truth about a batch that could not be committed, and forgets the lots it was about. */
  #giveUp(batch: DraftBatch, inDoubt: boolean): readonly Telling[] {
    const { held, clock } = this.#options
    return [...batch.lots].map((lot) => {
      if (lot.change === undefined) return this.#leave(lot)
      held.drop(lot.held.lotId)
      const reply = inDoubt ? unknownOutcome : overloaded
      return () => this.#answer(lot.heard, (command) => reply(command, clock.nowMs()))
    })
  }

  /** Some command of the batch holds what can not be stored: halves are tried until it stands alone. */
  async #isolate(admitted: readonly Admitted[], cause: unknown): Promise<readonly Telling[]> {
    const [first] = admitted
    if (first === undefined || admitted.length > 1) {
      const half = Math.ceil(admitted.length / 2)
      const before = await this.#settle(admitted.slice(0, half))
      return [...before, ...(await this.#settle(admitted.slice(half)))]
    }
    const { clock, log } = this.#options
    const incidentId = uuidv7()
    // Not the error itself: it may quote the row.
    const state = codeOf(cause)
    log.error({ state, incidentId, command: first.command.type }, 'a command could not be stored')
    const reply = undecided(first.command, 'internal', clock.nowMs(), { incidentId })
    return [() => this.#answer([{ admitted: first, reply }], () => reply)]
  }

  /** Brings the first answers to these commands into memory. False where that is of no use. */
  async #recall(changes: readonly LotChange[]): Promise<boolean> {
    const { journal, memory, log } = this.#options
    const keys = changes
      .flatMap(({ decided }) => decided.map(({ command }) => keyOf(command)))
      .filter((key) => key !== undefined)
    try {
      const answers = await journal.answers(keys)
      for (const [at, key] of keys.entries()) {
        const answered = answers[at]
        if (answered !== undefined) memory.recall(key, answered)
      }
      return answers.some((answered) => answered !== undefined)
    } catch (err) {
      log.warn({ err }, 'earlier answers could not be read')
      return false
    }
  }

  #answer(
    heard: readonly Heard[],
    replyTo: (command: LotCommand, reply: EngineReply) => EngineReply,
  ): void {
    const counts = new Map<string, number>()
    for (const { admitted, reply } of heard) {
      if (reply === undefined) continue
      const told = replyTo(admitted.command, reply)
      admitted.answer(told)
      const outcome = outcomeOf(told)
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    }
    for (const [outcome, count] of counts) this.#options.metrics.answers.inc({ outcome }, count)
  }
}

function tell(tellings: readonly Telling[]): readonly Telling[] {
  for (const telling of tellings) telling()
  return []
}
