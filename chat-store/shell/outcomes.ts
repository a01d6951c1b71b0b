// The shell's own answers: what is said where nothing was decided, or nobody knows.
import type {
  ChatOutcome,
  ChatRefusalFields,
  ChatRefused,
  ChatUnknown,
} from '../../protocol/chat.ts'
import type { HouseOutcome } from '../../protocol/chat-store.ts'
import { type ChatRefusalCode, isRetryable } from '../../protocol/refusals.ts'
import { retryAfterMsMin } from '../limits.ts'

/** What an answer says of the command it answers. */
interface Asked {
  readonly conversationId?: string
  readonly clientMessageId?: string
}

/** Refuses a command that was not decided upon, and will not be. */
export function refused(
  asked: Asked,
  code: ChatRefusalCode,
  nowMs: number,
  fields: ChatRefusalFields = {},
): ChatRefused {
  return {
    outcome: 'refused',
    code,
    ...namesOf(asked),
    serverTime: nowMs,
    retryable: isRetryable(code),
    ...fields,
  }
}

/** Nothing was decided; `waitMs` is how long the queue is at present. */
export function overloaded(asked: Asked, nowMs: number, waitMs = 0): ChatRefused {
  // Those who were refused together must not return together.
  const retryAfterMs = Math.ceil((retryAfterMsMin + waitMs) * (1 + Math.random()))
  return refused(asked, 'overloaded', nowMs, { retryAfterMs })
}

/** It may or may not have been done: the same command, sent again, tells. */
export function unknownOutcome(asked: Asked, nowMs: number): ChatUnknown {
  return {
    outcome: 'unknown',
    code: 'outcome_unknown',
    ...namesOf(asked),
    serverTime: nowMs,
    retryable: true,
  }
}

/** Under which name an answer is counted: `accepted`, `replayed`, `held_for_review`, `done`, or the code of a refusal. */
export function outcomeName(outcome: ChatOutcome | HouseOutcome | undefined): string {
  if (outcome === undefined) return 'done'
  if ('replayed' in outcome) return 'replayed'
  return 'code' in outcome && outcome.code !== undefined ? outcome.code : outcome.outcome
}

function namesOf({ conversationId, clientMessageId }: Asked): Asked {
  return {
    ...(conversationId === undefined ? {} : { conversationId }),
    ...(clientMessageId === undefined ? {} : { clientMessageId }),
  }
}
