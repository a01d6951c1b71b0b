// Waiting in tests: for a condition, never for a time.

export interface WaitForOptions {
  /** When to give up. Default: 10 s, generous, since only a failing test pays it. */
  readonly timeoutMs?: number
  /** What is waited for, told when it does not come. */
  readonly what?: string
}

const pollMs = 5

/**
 * Resolves with the first value of `condition` that is neither false, null nor undefined. A condition
 * that throws counts as not yet met, so assertions can be waited for: return true after them.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitForOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const { timeoutMs = 10_000, what = 'the condition' } = options
  const deadlineMs = performance.now() + timeoutMs
  let thrown: unknown
  for (;;) {
    try {
      const value = await condition()
      thrown = undefined
      if (isMet(value)) return value
    } catch (error) {
      thrown = error
    }
    if (performance.now() >= deadlineMs) {
      throw new Error(`${what} was not met within ${timeoutMs} ms`, { cause: thrown })
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

function isMet<T>(value: T): value is Exclude<T, false | null | undefined> {
  return value !== false && value !== null && value !== undefined
}
