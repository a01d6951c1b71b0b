// Tests of what works at its own pace, on stores in memory.

/** Lets everything run that waits for nothing but its turn. */
export async function settled(turns = 10): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Holds the commits of a store in memory up until they are released. */
export function heldCommits(store: { fault: (...batch: never[]) => unknown }): { release(): void } {
  const held = Promise.withResolvers<undefined>()
  store.fault = () => held.promise
  return {
    release() {
      store.fault = () => undefined
      held.resolve(undefined)
    },
  }
}
