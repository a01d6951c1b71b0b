// Many calls of one turn become one query: a crowd that reconnects asks for the same few lots and for
// its many feeds at once, and the database is asked once.

/** More keys than this are asked for in several queries, so that none grows without bound. */
export const keysPerLoadMax = 500

interface Waiting<Value> {
  readonly answer: Promise<Value | undefined>
  readonly resolve: (value: Value | undefined) => void
  readonly reject: (reason: unknown) => void
}

function waiting<Value>(): Waiting<Value> {
  let resolve: Waiting<Value>['resolve'] = () => {}
  let reject: Waiting<Value>['reject'] = () => {}
  const answer = new Promise<Value | undefined>((resolved, rejected) => {
    resolve = resolved
    reject = rejected
  })
  return { answer, resolve, reject }
}

/**
 * Makes a function that loads by key. Calls of the same turn share one `load`, and calls with the
 * same key share one answer: undefined where `load` brought none for it. Nothing is kept beyond that.
 * Where `load` fails, all that waited for it fail alike.
 */
export function gathered<Key extends string, Value>(
  load: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): (key: Key) => Promise<Value | undefined> {
  let due = new Map<Key, Waiting<Value>>()

  async function loadAll(batch: ReadonlyMap<Key, Waiting<Value>>): Promise<void> {
    try {
      const values = await load([...batch.keys()])
      for (const [key, { resolve }] of batch) resolve(values.get(key))
    } catch (error) {
      for (const { reject } of batch.values()) reject(error)
    }
  }

  function loadDue(batch: ReadonlyMap<Key, Waiting<Value>>): void {
    // A batch that was full has gone already.
    if (batch !== due) return
    due = new Map()
    void loadAll(batch)
  }

  return (key) => {
    const asked = due.get(key)
    if (asked !== undefined) return asked.answer
    const mine = waiting<Value>()
    const batch = due
    batch.set(key, mine)
    if (batch.size === 1) setImmediate(loadDue, batch)
    if (batch.size >= keysPerLoadMax) loadDue(batch)
    return mine.answer
  }
}
