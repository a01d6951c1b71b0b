// Decides commands into batches.
import type { Clock } from '../../platform/clock.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { Logger } from '../../platform/log.ts'
import type { Admitted } from './admitted.ts'
import type { AnswerMemory } from './answer-memory.ts'
import { DraftBatch } from './draft-batch.ts'
import type { HeldLots } from './held-lots.ts'
import { undecided } from './refusals.ts'

export interface DeciderOptions {
  readonly held: HeldLots
  readonly memory: AnswerMemory
  readonly clock: Clock
  readonly log: Logger
  /** Takes a command whose lot is not held any more. */
  readonly onMissing: (admitted: Admitted) => void
}

export class Decider {
  readonly #options: DeciderOptions

  constructor(options: DeciderOptions) {
    this.#options = options
  }

  /** A new batch, upon the one that is on its way, if any. */
  batch(below?: DraftBatch): DraftBatch {
    return new DraftBatch(this.#options.memory, below)
  }

  /** The same commands, decided on what is held. */
  again(admitted: readonly Admitted[]): DraftBatch {
    const batch = this.batch()
    this.decide(batch, admitted)
    return batch
  }

  decide(batch: DraftBatch, admitted: readonly Admitted[]): void {
    const { held, onMissing, clock, log } = this.#options
    const nowMs = clock.nowMs()
    for (const one of admitted) {
      const lot = held.use(one.command.lotId, nowMs)
      if (lot === undefined) {
        onMissing(one)
        continue
      }
      try {
        batch.decide(lot, one)
      } catch (err) {
        // A fault of ours in deciding this one command; the lot is as before and its other bidders go on.
        const incidentId = uuidv7()
        log.error({ err, incidentId, command: one.command.type }, 'a command could not be decided')
        batch.answer(lot, one, undecided(one.command, 'internal', nowMs, { incidentId }))
      }
    }
  }
}
