// A command on its way to its decision.
import type { ChatOutcome } from '../../protocol/chat.ts'
import type { ChatStoreCommand } from '../core/command.ts'

export interface Admitted {
  readonly command: ChatStoreCommand
  readonly admittedAtMs: number
  /** Undefined means that it is done, and that there is nothing to say of it. */
  readonly answer: (outcome: ChatOutcome | undefined) => void
}
