// A batch while it is being decided: which lots it touches, what each command hears if it is committed,
// and what is to be stored. The held lots stay as they are until then.
import type { EngineReply } from '../../protocol/engine.ts'
import { Draft } from '../core/draft.ts'
import type { LotChange } from '../ports/lot-journal.ts'
import type { AnswerMemory } from './answer-memory.ts'
import { seal } from './audit-chain.ts'
import type { HeldLot } from './held-lots.ts'
import type { Admitted } from './inbox.ts'

/** A command and what it hears, if its lot's part of the batch stands. */
export interface Heard {
  readonly admitted: Admitted
  /** Undefined where nobody waits for an answer. */
  readonly reply: EngineReply | undefined
}

export class DraftLot {
  readonly held: HeldLot
  readonly draft: Draft
  readonly heard: Heard[] = []
  /** What is to be stored of it; undefined where nothing was decided. */
  change: LotChange | undefined

  constructor(held: HeldLot) {
    this.held = held
    this.draft = new Draft(held.lot)
  }
}

export class DraftBatch {
  readonly #memory: AnswerMemory
  readonly #lots = new Map<string, DraftLot>()

  constructor(memory: AnswerMemory) {
    this.#memory = memory
  }

  get lots(): Iterable<DraftLot> {
    return this.#lots.values()
  }

  /**
   * Decides the next command on its lot, as the commands before it in the batch have left it.
   * @throws whatever the core throws, which it should not; the batch is as before then.
   */
  decide(held: HeldLot, admitted: Admitted): void {
    const { command, admittedAtMs } = admitted
    const { draft } = this.#lotOf(held)
    const decision = draft.decide(command, admittedAtMs, this.#memory.earlier(command))
    this.answer(held, admitted, decision.type === 'dropped' ? undefined : decision.reply)
  }

  /** What the command will hear; undefined where there is nobody to hear it. */
  answer(held: HeldLot, admitted: Admitted, reply: EngineReply | undefined): void {
    this.#lotOf(held).heard.push({ admitted, reply })
  }

  /** Ends the deciding: the changes to be stored, one per lot on which something was decided. */
  close(): readonly LotChange[] {
    const changes: LotChange[] = []
    for (const lot of this.#lots.values()) {
      lot.change = changeOf(lot)
      if (lot.change !== undefined) changes.push(lot.change)
    }
    return changes
  }

  #lotOf(held: HeldLot): DraftLot {
    const known = this.#lots.get(held.lotId)
    if (known !== undefined) return known
    const lot = new DraftLot(held)
    this.#lots.set(held.lotId, lot)
    return lot
  }
}

function changeOf({ held, draft }: DraftLot): LotChange | undefined {
  const { lot, decided } = draft
  if (lot === undefined || decided.length === 0) return undefined
  const { events, rulesHash, hash } = seal(decided, lot.rules, held.ends)
  return {
    lotId: held.lotId,
    shard: held.shard,
    epoch: held.epoch,
    before: { seq: held.lot?.now.seq ?? 0, decisionNo: held.lot?.now.decisionNo ?? 0 },
    after: { lot, rulesHash, hash },
    rulesChanged: decided.some(({ rules }) => rules !== undefined),
    decided,
    events,
  }
}
