// What was answered lately, so that a repeated command costs no reading. Answers are facts of the past:
// they stay true whoever owns the lot, and a forgotten one is found by the database's unique key.
import { LRUCache } from 'lru-cache'
import type { Answered, Decided, LotCommand } from '../core/decision.ts'
import type { CommandKey } from '../ports/lot-journal.ts'

export class AnswerMemory {
  readonly #answers: LRUCache<string, Answered>

  constructor(answersMax: number) {
    this.#answers = new LRUCache({ max: answersMax })
  }

  earlier(command: LotCommand): Answered | undefined {
    const key = keyOf(command)
    return key === undefined ? undefined : this.#answers.get(textOf(key))
  }

  /** To be called when the decision is committed, and not before. */
  remember({ command, fingerprint, reply }: Decided): void {
    const key = keyOf(command)
    if (key !== undefined) this.recall(key, { fingerprint, reply })
  }

  /** Puts back what the journal remembered. */
  recall(key: CommandKey, answered: Answered): void {
    this.#answers.set(textOf(key), answered)
  }
}

/** Under which key a command is remembered for ever; what time does has none. */
export function keyOf(command: LotCommand): CommandKey | undefined {
  if (!('actor' in command)) return undefined
  return { lotId: command.lotId, actorId: command.actor.userId, commandId: command.commandId }
}

/** Neither ids of lots nor of users hold white space. */
function textOf({ lotId, actorId, commandId }: CommandKey): string {
  return `${lotId} ${actorId} ${commandId}`
}
