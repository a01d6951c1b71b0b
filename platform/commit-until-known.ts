// Commits a batch until it is known what became of it, or until waiting longer would be worse than
// telling the truth: that nobody knows.
import type { Clock } from './clock.ts'
import type { Logger } from './log.ts'
import { backoffMs, type RetryDelays, wait } from './retry.ts'

/** An attempt that told nothing of the batch: nothing was stored, or nobody knows. */
type Unsettled =
  | { readonly type: 'failed'; readonly cause: unknown }
  | { readonly type: 'in_doubt'; readonly cause: unknown }

/** `inDoubt`: an attempt may have been stored, or may still be. Otherwise nothing was. */
export interface GivenUp {
  readonly type: 'given_up'
  readonly inDoubt: boolean
}

export interface CommitPatience {
  /** Told the truth after so long. */
  readonly giveUpMs: number
  readonly delays: RetryDelays
  readonly clock: Clock
  readonly log: Logger
  /** Ends the attempts, as if they had lasted too long. */
  readonly signal: AbortSignal
}

/**
 * Calls `commit` again and again until it tells what became of the batch. It must send the same batch each
 * time, and the batch must take effect once, however often it arrives.
 */
export async function commitUntilKnown<Known extends { readonly type: string }>(
  commit: () => Promise<Known | Unsettled>,
  { giveUpMs, delays, clock, log, signal }: CommitPatience,
): Promise<Known | GivenUp> {
  const giveUpAtMs = clock.nowMs() + giveUpMs
  let inDoubt = false
  for (let failures = 1; ; failures += 1) {
    if (signal.aborted) return { type: 'given_up', inDoubt }
    const result = await commit()
    if (!isUnsettled(result)) return result
    inDoubt ||= result.type === 'in_doubt'
    if (failures === 1) log.warn({ err: result.cause, inDoubt }, 'a commit failed')
    if (clock.nowMs() >= giveUpAtMs) {
      log.error({ err: result.cause, inDoubt, failures }, 'a batch was given up')
      return { type: 'given_up', inDoubt }
    }
    // An abort ends the waiting; the next round notices.
    await wait(backoffMs(failures, delays, Math.random), clock, signal).catch(() => {})
  }
}

function isUnsettled(result: { readonly type: string }): result is Unsettled {
  return result.type === 'failed' || result.type === 'in_doubt'
}
