// The shell's own answers: what is said where nothing was decided, or nobody knows.
import type { OutcomeUnknown, RefusalFields, Refused } from '../../protocol/auction.ts'
import { isRetryable } from '../../protocol/refusals.ts'
import type { LotCommand } from '../core/decision.ts'
import { retryAfterMsMin } from '../limits.ts'

type ShellCode = 'overloaded' | 'internal'

/** Refuses a command that was not decided, and will not be. */
export function undecided(
  command: LotCommand,
  code: ShellCode,
  nowMs: number,
  fields: RefusalFields,
): Refused {
  return {
    outcome: 'refused',
    code,
    ...subjectOf(command),
    serverTime: nowMs,
    retryable: isRetryable(code),
    ...fields,
  }
}

/** Nothing was decided; `waitMs` is how long the queue is at present. */
export function overloaded(command: LotCommand, nowMs: number, waitMs = 0): Refused {
  // Those who were refused together must not return together.
  const retryAfterMs = Math.ceil((retryAfterMsMin + waitMs) * (1 + Math.random()))
  return undecided(command, 'overloaded', nowMs, { retryAfterMs })
}

/** The command may or may not have been decided: its id, sent again, tells. */
export function unknownOutcome(command: LotCommand, nowMs: number): OutcomeUnknown {
  return {
    outcome: 'unknown',
    code: 'outcome_unknown',
    ...subjectOf(command),
    serverTime: nowMs,
    retryable: true,
  }
}

function subjectOf(command: LotCommand): { lotId: string; clientBidId?: string } {
  const { lotId } = command
  if (command.type === 'place_bid') return { lotId, clientBidId: command.commandId }
  return command.type === 'retract_bid' ? { lotId, clientBidId: command.clientBidId } : { lotId }
}
