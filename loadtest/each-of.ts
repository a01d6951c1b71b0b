// Many things to do, some at a time.

/** Runs `action` for each item, at most `atOnce` at the same time; the first failure ends it all. */
export async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  let failed = false
  const worker = async () => {
    for (const item of queue) {
      if (failed) return
      await action(item)
    }
  }
  const workers = Array.from({ length: atOnce }, async () => {
    await worker().catch((error: unknown) => {
      failed = true
      throw error
    })
  })
  const outcomes = await Promise.allSettled(workers)
  const failure = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}
