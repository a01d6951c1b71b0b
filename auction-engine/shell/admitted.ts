// A command on its way to its decision.
import type { EngineReply } from '../../protocol/engine.ts'
import type { LotCommand } from '../core/decision.ts'

export interface Admitted {
  readonly command: LotCommand
  readonly shard: number
  /** When it entered, on the owner's clock: this instant decides whether a bid is in time. */
  readonly admittedAtMs: number
  readonly answer: (reply: EngineReply) => void
}
