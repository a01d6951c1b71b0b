// Brings a decided batch to its end, whatever that is: stored, partly stored, found to be stored before,
// not to be stored at all, or given up.
import { assert } from '../../platform/assert.ts'
import type { Clock } from '../../platform/clock.ts'
import { commitUntilKnown, type GivenUp } from '../../platform/commit-until-known.ts'
import { codeOf } from '../../platform/failure.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { Inbox } from '../../platform/inbox.ts'
import type { Logger } from '../../platform/log.ts'
import type { EngineReply } from '../../protocol/engine.ts'
import type { LotCommand } from '../core/decision.ts'
import { commitGiveUpMs, commitRetry } from '../limits.ts'
import type {
  CommitResult,
  Lease,
  LotChange,
  LotJournal,
  LotVerdict,
} from '../ports/lot-journal.ts'
import type { Admitted } from './admitted.ts'
import type { Announcer } from './announcer.ts'
import { type AnswerMemory, keyOf } from './answer-memory.ts'
import type { Decider } from './decider.ts'
import type { DraftBatch, DraftLot, Heard } from './draft-batch.ts'
import { type EngineMetrics, outcomeOf } from './engine-metrics.ts'
import type { HeldLots } from './held-lots.ts'
import type { OwnedShards } from './owned-shards.ts'
import { overloaded, undecided, unknownOutcome } from './refusals.ts'

export interface SettlerOptions {
  readonly inbox: Inbox<Admitted>
  readonly held: HeldLots
  readonly memory: AnswerMemory
  readonly shards: OwnedShards
  readonly journal: LotJournal
  readonly announcer: Announcer
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: EngineMetrics
  /** Ends the attempts in the middle of things: what is not committed by then is given up. */
  readonly signal: AbortSignal
  /** Told when the journal says that a shard has a newer owner. */
  readonly onFenced: (lease: Lease) => void
}

/** What is left to be said once memory has moved. */
export type Telling = () => void

export interface Settled {
  readonly tellings: readonly Telling[]
  /** Whether all of it was stored just as it was drafted, so that what was drafted upon it holds. */
  readonly asDrafted: boolean
}

/** What became of a batch, as far as it can be known. */
type Committed = Exclude<CommitResult, { readonly type: 'failed' | 'in_doubt' }> | GivenUp

interface Part {
  readonly lot: DraftLot
  readonly change: LotChange | undefined
}

export class Settler {
  readonly #options: SettlerOptions
  readonly #decider: Decider

  constructor(options: SettlerOptions, decider: Decider) {
    this.#options = options
    this.#decider = decider
  }

  /** Commits and evolves. Nobody has heard anything yet when the promise resolves. */
  async settle(batch: DraftBatch): Promise<Settled> {
    const parts = [...batch.lots].map((lot): Part => ({ lot, change: lot.change() }))
    const changes = parts.flatMap(({ change }) => change ?? [])
    if (changes.length === 0) return this.#evolve(parts, [])
    const result = await this.#commit(changes)
    switch (result.type) {
      case 'done':
        return this.#evolve(parts, result.verdicts)
      case 'given_up':
        return this.#giveUp(parts, result.inDoubt)
      case 'unstorable':
        return this.#isolate(batch.admitted, result.cause)
      case 'seen_before': {
        // Nothing is stored. With the first answers in memory the same commands are decided again.
        if (!(await this.#recall(changes))) return this.#giveUp(parts, false)
        const { tellings } = await this.settle(this.#decider.again(batch.admitted))
        return { tellings, asDrafted: false }
      }
    }
  }

  async #commit(changes: readonly LotChange[]): Promise<Committed> {
    const { journal, clock, metrics, inbox } = this.#options
    const startedMs = performance.now()
    const batch = { batchId: uuidv7(), atMs: clock.nowMs(), lots: changes }
    const result = await commitUntilKnown(() => journal.commit(batch), {
      ...this.#options,
      giveUpMs: commitGiveUpMs,
      delays: commitRetry,
    })
    const tookMs = performance.now() - startedMs
    inbox.batchTook(tookMs)
    metrics.commitMs.observe(tookMs)
    metrics.commits.inc({ result: result.type })
    metrics.batchDecisions.observe(changes.reduce((sum, { decided }) => sum + decided.length, 0))
    return result
  }

  /** Memory moves: the drafts of the lots that are stored become what is held. */
  #evolve(parts: readonly Part[], verdicts: readonly LotVerdict[]): Settled {
    let nth = 0
    const tellings = parts.map(({ lot, change }) => {
      if (change === undefined) return this.#leave(lot)
      const verdict = verdicts[nth]
      nth += 1
      assert(verdict !== undefined, 'the journal gives a verdict on each lot')
      return verdict.type === 'committed'
        ? this.#move(lot, change, verdict.outboxId)
        : this.#lose(lot, change, verdict.type)
    })
    return { tellings, asDrafted: verdicts.every(({ type }) => type === 'committed') }
  }

  #move({ base, heard }: DraftLot, change: LotChange, outboxId: number | undefined): Telling {
    const { held, memory, shards, clock, announcer } = this.#options
    for (const decided of change.decided) memory.remember(decided)
    // Where the shard was lost meanwhile the lot has been dropped, and stays so.
    if (shards.epochOf(base.shard) === base.epoch) {
      held.put({ ...base, lot: change.after.lot, ends: change.after }, clock.nowMs())
    }
    return () => {
      announcer.announce(change, outboxId)
      this.#answer(heard, (_command, reply) => reply)
    }
  }

  /** Nothing was decided on this lot: repeats and refusals that leave no trace are told as they are. */
  #leave({ base, draft, heard }: DraftLot): Telling {
    if (draft.lot === undefined) this.#options.held.drop(base.lotId)
    return () => this.#answer(heard, (_command, reply) => reply)
  }

  /** The journal knows better than our memory. An earlier attempt may have been stored all the same. */
  #lose({ heard }: DraftLot, change: LotChange, why: 'fenced' | 'conflict'): Telling {
    const { held, log, onFenced, clock } = this.#options
    const { lotId, shard, epoch } = change
    log.warn({ lotId, shard, epoch }, why === 'fenced' ? 'fenced by a newer owner' : 'not as held')
    held.drop(lotId)
    if (why === 'fenced') onFenced({ shard, epoch })
    return () => this.#answer(heard, (command) => unknownOutcome(command, clock.nowMs()))
  }

  /** Tells the truth about a batch that could not be committed, and forgets the lots it was about. */
  #giveUp(parts: readonly Part[], inDoubt: boolean): Settled {
    const { held, clock } = this.#options
    const reply = inDoubt ? unknownOutcome : overloaded
    const tellings = parts.map(({ lot, change }) => {
      if (change === undefined) return this.#leave(lot)
      held.drop(lot.base.lotId)
      return () => this.#answer(lot.heard, (command) => reply(command, clock.nowMs()))
    })
    return { tellings, asDrafted: false }
  }

  /** Some command of the batch holds what can not be stored: halves are tried until it stands alone. */
  async #isolate(admitted: readonly Admitted[], cause: unknown): Promise<Settled> {
    const [first] = admitted
    if (first !== undefined && admitted.length === 1) return this.#refuse(first, cause)
    const half = Math.ceil(admitted.length / 2)
    const before = await this.settle(this.#decider.again(admitted.slice(0, half)))
    const after = await this.settle(this.#decider.again(admitted.slice(half)))
    return { tellings: [...before.tellings, ...after.tellings], asDrafted: false }
  }

  #refuse(admitted: Admitted, cause: unknown): Settled {
    const { clock, log } = this.#options
    const incidentId = uuidv7()
    // Not the error itself: it may quote the row.
    const state = codeOf(cause)
    log.error({ state, incidentId, command: admitted.command.type }, 'not to be stored')
    const reply = undecided(admitted.command, 'internal', clock.nowMs(), { incidentId })
    const telling = () => this.#answer([{ admitted, reply }], () => reply)
    return { tellings: [telling], asDrafted: false }
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
