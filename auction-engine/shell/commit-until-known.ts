// Commits a batch until it is known what became of it, or until waiting longer would be worse than
// telling the truth: that nobody knows.
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { backoffMs, wait } from '../../platform/retry.ts'
import { commitGiveUpMs, commitRetry } from '../limits.ts'
import type { CommitResult, LotBatch, LotJournal } from '../ports/lot-journal.ts'

/** `inDoubt`: an attempt may have been stored, or may still be. Otherwise nothing was. */
export type KnownResult =
  | Extract<CommitResult, { type: 'done' | 'seen_before' | 'unstorable' }>
  | { readonly type: 'given_up'; readonly inDoubt: boolean }

export interface CommitTools {
  readonly journal: LotJournal
  readonly clock: Clock
  readonly log: Logger
  /** Ends the attempts, as if they had lasted too long. */
  readonly signal: AbortSignal
}

/** Sends the same batch again and again: it takes effect once, however often it arrives. */
export async function commitUntilKnown(
  batch: LotBatch,
  { journal, clock, log, signal }: CommitTools,
): Promise<KnownResult> {
  const giveUpAtMs = clock.nowMs() + commitGiveUpMs
  let inDoubt = false
  for (let failures = 1; ; failures += 1) {
    if (signal.aborted) return { type: 'given_up', inDoubt }
    const result = await journal.commit(batch)
    if (result.type !== 'failed' && result.type !== 'in_doubt') return result
    inDoubt ||= result.type === 'in_doubt'
    if (failures === 1) log.warn({ err: result.cause, inDoubt }, 'a commit failed')
    if (clock.nowMs() >= giveUpAtMs) {
      log.error({ err: result.cause, inDoubt, failures }, 'a batch was given up')
      return { type: 'given_up', inDoubt }
    }
    // An abort ends the waiting; the next round notices.
    await wait(backoffMs(failures, commitRetry, Math.random), clock, signal).catch(() => {})
  }
}
