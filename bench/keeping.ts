// What a bench starts is ended with the bench, however that ends: by itself, by a failure, by Ctrl-C.
import { onInterrupt } from '../platform/on-interrupt.ts'

/** Waits for what is being started, or takes what was, for `end` to end it; also where it is interrupted meanwhile. */
export type Keep = <Started>(
  starting: Started | Promise<Started>,
  end: (started: Started) => Promise<unknown>,
) => Promise<Started>

/**
 * What was kept first is ended last, and one that cannot be ended keeps none of the others.
 * @throws what `work` throws, once all is ended; where it does not, what the first ending threw
 */
export async function keeping<Result>(work: (keep: Keep) => Promise<Result>): Promise<Result> {
  const endings: (() => Promise<unknown>)[] = []
  let over: Promise<readonly unknown[]> | undefined
  /** Resolves with what the endings threw. */
  const endAll = async (): Promise<readonly unknown[]> => {
    const failures: unknown[] = []
    for (let end = endings.pop(); end !== undefined; end = endings.pop()) {
      try {
        await end()
      } catch (error) {
        failures.push(error)
      }
    }
    return failures
  }
  // Work that is interrupted fails of it: then both wait for one end, and neither leaves before.
  const end = (): Promise<readonly unknown[]> => {
    over ??= endAll()
    return over
  }
  const keep: Keep = async (starting, endOne) => {
    if (over !== undefined) {
      await endOne(await starting)
      throw new Error('the bench is over')
    }
    const started = Promise.resolve(starting)
    // What did not start has nothing to be ended.
    endings.push(() => started.then(endOne, () => {}))
    return await started
  }
  const undo = onInterrupt(async () => {
    await end()
  })
  try {
    const result = await work(keep)
    const [failure] = await end()
    if (failure !== undefined) throw failure
    return result
  } finally {
    await end()
    undo()
  }
}
