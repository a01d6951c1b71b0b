// Waiting for what others have to bring: a server that is not there yet, or refuses us until an operator
// has put something right. Said once, tried again until it works.
import type { Clock } from './clock.ts'
import { Failure } from './failure.ts'
import type { Logger } from './log.ts'
import { wait } from './retry.ts'
import { untilAborted } from './until-aborted.ts'

export interface PatienceOptions {
  readonly clock: Clock
  readonly log: Logger
  /** Ends the waiting. */
  readonly signal: AbortSignal
}

const betweenTriesMs = 1_000

/**
 * Does `work` until it succeeds. A Failure is what an operator can mend: it is told when it first comes
 * and whenever it changes, and the work is tried again a second later.
 * @throws whatever else `work` throws; the signal's reason at once, whatever becomes of work under way.
 */
export async function untilItWorks<T>(
  work: () => Promise<T>,
  { clock, log, signal }: PatienceOptions,
): Promise<T> {
  let said: string | undefined
  for (;;) {
    signal.throwIfAborted()
    try {
      return await untilAborted(signal, work())
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (error.message !== said) log.warn({ reason: error.message }, 'waiting; it is tried again')
      said = error.message
    }
    await wait(betweenTriesMs, clock, signal)
  }
}
