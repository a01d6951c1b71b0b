// Waiting for what others have to bring: a server that is not there yet, or refuses us until an operator
// has put something right. Said once, tried again until it works.
import { AssertionError } from './assert.ts'
import type { Clock } from './clock.ts'
import { codeOf, Failure } from './failure.ts'
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

/**
 * Does `work` until the store has carried it out: one that does not answer at the moment is no reason to end a
 * process that starts.
 * @throws the signal's reason, also where the work was done by then; whatever is a fault of ours.
 */
export async function untilStoreAnswers<T>(
  work: () => Promise<T>,
  options: PatienceOptions,
): Promise<T> {
  const answer = await untilItWorks(async () => {
    try {
      return await work()
    } catch (cause) {
      if (cause instanceof AssertionError || cause instanceof Failure) throw cause
      throw new Failure(`The store does not answer: ${wordsOf(cause)}.`, { cause })
    }
  }, options)
  options.signal.throwIfAborted()
  return answer
}

function wordsOf(cause: unknown): string {
  const words = cause instanceof Error ? cause.message : String(cause)
  // Node's error of several addresses that all failed has a code, and no words.
  return words === '' ? (codeOf(cause) ?? 'no reason given') : words
}
