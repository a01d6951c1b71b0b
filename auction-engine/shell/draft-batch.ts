// A batch while it is being decided: which lots it touches, what each command hears if it is committed,
// and what is to be stored. It may be drafted upon another one that is still on its way to the journal;
// what is held stays as it is until the commit.
import type { EngineReply } from '../../protocol/engine.ts'
import type { Answered, LotCommand } from '../core/decision.ts'
import { Draft } from '../core/draft.ts'
import type { LotChange, SealedEvent } from '../ports/lot-journal.ts'
import type { Admitted } from './admitted.ts'
import type { AnswerMemory } from './answer-memory.ts'
import { type ChainEnds, seal } from './audit-chain.ts'
import type { HeldLot } from './held-lots.ts'

/** A command and what it hears, if its lot's part of the batch stands. */
export interface Heard {
  readonly admitted: Admitted
  /** Undefined where nobody waits for an answer. */
  readonly reply: EngineReply | undefined
}

export class DraftLot {
  /** The lot as the batch found it. */
  readonly base: HeldLot
  readonly draft: Draft
  readonly heard: Heard[] = []
  readonly #events: SealedEvent[] = []
  #ends: ChainEnds | undefined

  constructor(base: HeldLot) {
    this.base = base
    this.draft = new Draft(base.lot)
    this.#ends = base.ends
  }

  /** The lot as it will be. */
  get head(): HeldLot {
    return { ...this.base, lot: this.draft.lot, ends: this.#ends }
  }

  decide(admitted: Admitted, earlier: Answered | undefined): void {
    const { draft } = this
    const decision = draft.decide(admitted.command, admitted.admittedAtMs, earlier)
    if (decision.type === 'decided' && draft.lot !== undefined) {
      this.#ends = seal(decision, draft.lot.rules, this.#ends, this.#events)
    }
    this.heard.push({ admitted, reply: decision.type === 'dropped' ? undefined : decision.reply })
  }

  /** What is to be stored; undefined where nothing was decided. */
  change(): LotChange | undefined {
    const { lot, decided } = this.draft
    const { lotId, shard, epoch, lot: before } = this.base
    const ends = this.#ends
    if (lot === undefined || ends === undefined || decided.length === 0) return undefined
    return {
      lotId,
      shard,
      epoch,
      before: { seq: before?.now.seq ?? 0, decisionNo: before?.now.decisionNo ?? 0 },
      after: { lot, rulesHash: ends.rulesHash, hash: ends.hash },
      rulesChanged: decided.some(({ rules }) => rules !== undefined),
      decided,
      events: this.#events,
    }
  }
}

export class DraftBatch {
  /** Every command of the batch, in the order decided. */
  readonly admitted: Admitted[] = []
  readonly #memory: AnswerMemory
  #below: DraftBatch | undefined
  readonly #lots = new Map<string, DraftLot>()

  /** `below` is the batch that is on its way; its lots are taken as they will be once it is committed. */
  constructor(memory: AnswerMemory, below?: DraftBatch) {
    this.#memory = memory
    this.#below = below
  }

  /**
   * The batch below is stored as it was drafted, and what is held says all that it said. A lane that never
   * rests drafts each batch upon the one before: if they were not let go, all of them would stay in memory.
   */
  standAlone(): void {
    this.#below = undefined
  }

  get lots(): Iterable<DraftLot> {
    return this.#lots.values()
  }

  /**
   * Decides the next command on its lot, as the commands before it have left it.
   * @throws whatever the core throws, which it should not; the lot is as before then.
   */
  decide(held: HeldLot, admitted: Admitted): void {
    const { command } = admitted
    const earlier = this.#below?.earlier(command) ?? this.#memory.earlier(command)
    this.#lotOf(held).decide(admitted, earlier)
    this.admitted.push(admitted)
  }

  /** Answers a command which could not be decided. */
  answer(held: HeldLot, admitted: Admitted, reply: EngineReply): void {
    this.#lotOf(held).heard.push({ admitted, reply })
    this.admitted.push(admitted)
  }

  /** What was answered in this batch under the command's id. */
  earlier(command: LotCommand): Answered | undefined {
    return this.#lots.get(command.lotId)?.draft.earlier(command)
  }

  /** The lot as this batch will leave it; undefined where it does not change it. */
  headOf(lotId: string): HeldLot | undefined {
    const lot = this.#lots.get(lotId)
    return lot === undefined || lot.draft.decided.length === 0 ? undefined : lot.head
  }

  #lotOf(held: HeldLot): DraftLot {
    const known = this.#lots.get(held.lotId)
    if (known !== undefined) return known
    const lot = new DraftLot(this.#below?.headOf(held.lotId) ?? held)
    this.#lots.set(held.lotId, lot)
    return lot
  }
}
