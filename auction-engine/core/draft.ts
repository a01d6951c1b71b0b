// A batch while it is being decided. Each command sees what the ones before it in the batch did, yet
// the committed lot is a value that nothing here can touch: after the commit the worker takes
// `draft.lot` as its lot, after a failed one it forgets the draft. Neither costs anything.
import { decide } from './decide.ts'
import {
  type Answered,
  type Decided,
  type Decision,
  isOfTime,
  type LotCommand,
} from './decision.ts'
import { evolve } from './evolve.ts'
import type { Lot } from './lot.ts'

export class Draft {
  #lot: Lot | undefined
  readonly #decided: Decided[] = []
  readonly #answered = new Map<string, Answered>()

  /** `committed` is the lot as stored; undefined where its creation is yet to come. */
  constructor(committed: Lot | undefined) {
    this.#lot = committed
  }

  /** The lot as it will be once everything decided here is committed. */
  get lot(): Lot | undefined {
    return this.#lot
  }

  /** The decisions to be recorded, in order. */
  get decided(): readonly Decided[] {
    return this.#decided
  }

  /** What was answered in this batch under the command's id. */
  earlier(command: LotCommand): Answered | undefined {
    const key = keyOf(command)
    return key === undefined ? undefined : this.#answered.get(key)
  }

  /**
   * Decides the next command of the batch. `earlier` is what was answered under its id in batches
   * before; repeats within the batch are found here.
   */
  decide(command: LotCommand, admittedAtMs: number, earlier: Answered | undefined): Decision {
    const key = keyOf(command)
    const inBatch = key === undefined ? undefined : this.#answered.get(key)
    const decision = decide(this.#lot, command, admittedAtMs, inBatch ?? earlier)
    if (decision.type !== 'decided') return decision
    this.#lot = evolve(this.#lot, decision)
    this.#decided.push(decision)
    if (key !== undefined) this.#answered.set(key, decision)
    return decision
  }
}

/** User ids hold no white space. */
function keyOf(command: LotCommand): string | undefined {
  if (isOfTime(command)) return undefined
  return `${command.actor.userId} ${command.commandId}`
}
