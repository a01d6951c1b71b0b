// A store that does not answer at the moment is no reason to end a process that starts: it is waited for.
import { AssertionError } from '../../platform/assert.ts'
import { codeOf, Failure } from '../../platform/failure.ts'
import { type PatienceOptions, untilItWorks } from '../../platform/patience.ts'

/**
 * Does `work` until the store has carried it out; says once what it waits for.
 * @throws the signal's reason, also where the work was done by then; whatever is a fault of ours.
 */
export async function untilStoreAnswers(
  work: () => Promise<void>,
  options: PatienceOptions,
): Promise<void> {
  await untilItWorks(async () => {
    try {
      await work()
    } catch (cause) {
      if (cause instanceof AssertionError) throw cause
      throw new Failure(`The store of the auctions does not answer: ${wordsOf(cause)}.`, { cause })
    }
  }, options)
  options.signal.throwIfAborted()
}

function wordsOf(cause: unknown): string {
  const words = cause instanceof Error ? cause.message : String(cause)
  // Node's error of several addresses that all failed has a code, and no words.
  return words === '' ? (codeOf(cause) ?? 'no reason given') : words
}
