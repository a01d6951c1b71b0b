// Many calls of one turn become one query: a crowd that reconnects asks for the same few lots and for
// its many feeds at once, and the database is asked once.

/** More keys than this are asked for in several queries, so that none grows without bound. */
export const keysPerLoadMax = 500

interface Waiting<Value> {
  readonly resolve: (value: Value | undefined) => void
  readonly reject: (reason: unknown) => void
}

type Batch<Key, Value> = Map<Key, Waiting<Value>[]>

/**
 * Makes a function that loads by key. Calls of the same turn share one `load`, and calls with the
 * same key share one answer: undefined where `load` brought none for it. Nothing is kept beyond that.
 * Where `load` fails, all that waited for it fail alike.
 */
export function gathered<Key extends string, Value>(
  load: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): (key: Key) => Promise<Value | undefined> {
  let due: Batch<Key, Value> = new Map()

  async function loadAll(batch: Batch<Key, Value>): Promise<void> {
    try {
      const values = await load([...batch.keys()])
      for (const [key, waiting] of batch)
        for (const { resolve } of waiting) resolve(values.get(key))
    } catch (error) {
      for (const waiting of batch.values()) for (const { reject } of waiting) reject(error)
    }
  }

  function loadDue(batch: Batch<Key, Value>): void {
    // A batch that was full has gone already.
    if (batch !== due) return
    due = new Map()
    void loadAll(batch)
  }

  return (key) =>
    new Promise((resolve, reject) => {
      const batch = due
      const waiting = batch.get(key)
      if (waiting !== undefined) {
        waiting.push({ resolve, reject })
        return
      }
      batch.set(key, [{ resolve, reject }])
      if (batch.size === 1) setImmediate(loadDue, batch)
      if (batch.size >= keysPerLoadMax) loadDue(batch)
    })
}
