// Reads the facts of a batch, again where the database is away for a moment.
import { AssertionError } from '../../platform/assert.ts'
import type { Clock } from '../../platform/clock.ts'
import { codeOf } from '../../platform/failure.ts'
import type { Logger } from '../../platform/log.ts'
import { backoffMs, wait } from '../../platform/retry.ts'
import type { Facts } from '../core/conversation.ts'
import { databaseRetry, readGiveUpMs } from '../limits.ts'
import type { ChatLog, FactsWanted } from '../ports/chat-log.ts'
import type { CommandsByConversation } from './decide-batch.ts'
import { factsWanted } from './facts-wanted.ts'

export type Reading =
  /** In the order of the conversations. */
  | { readonly type: 'read'; readonly facts: readonly Facts[] }
  /** The database can not be asked at present. */
  | { readonly type: 'away' }
  /** It will never be read: something asked for, or something stored, is at fault. */
  | { readonly type: 'unreadable'; readonly cause: unknown }

export interface ReadTools {
  readonly log: ChatLog
  readonly clock: Clock
  readonly logger: Logger
  /** Ends the attempts, as if they had lasted too long. */
  readonly signal: AbortSignal
}

export async function readUntilKnown(
  commands: CommandsByConversation,
  { log, clock, logger, signal }: ReadTools,
): Promise<Reading> {
  const nowMs = clock.nowMs()
  const giveUpAtMs = nowMs + readGiveUpMs
  for (let failures = 1; ; failures += 1) {
    try {
      return { type: 'read', facts: await log.read(wantedFor(commands, nowMs)) }
    } catch (err) {
      if (comesAgain(err)) return { type: 'unreadable', cause: err }
      if (failures === 1) logger.warn({ err }, 'conversations could not be read')
      if (signal.aborted || clock.nowMs() >= giveUpAtMs) return { type: 'away' }
    }
    // An abort ends the waiting; after the next round it is over.
    await wait(backoffMs(failures, databaseRetry, Math.random), clock, signal).catch(() => {})
  }
}

function wantedFor(commands: CommandsByConversation, nowMs: number): readonly FactsWanted[] {
  return [...commands].map(([conversationId, admitted]) =>
    factsWanted(
      conversationId,
      admitted.map(({ command }) => command),
      nowMs,
    ),
  )
}

/** Faults of what was asked (class 22 of SQLSTATE: data exceptions) or of the program, not of the connection. */
function comesAgain(error: unknown): boolean {
  if (codeOf(error)?.startsWith('22') === true) return true
  return [TypeError, RangeError, SyntaxError, AssertionError].some((kind) => error instanceof kind)
}
