// What many ask of the database at about the same time becomes one statement: at hundreds of pushes a second the
// round trip, the planning and the snapshot of each statement cost more than what it does.
import { classifyDatabaseError } from '../../platform/retry.ts'

export interface BatchBounds {
  /** The first of a batch waits so long for others; 0: for those of the same turn. */
  readonly gatherMs: number
  /** With so many it waits no longer. */
  readonly itemsMax: number
}

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Makes a function for one of a function for many, whose results are in the order of its items. Where one for
 * many fails by what it was given, each is done alone, so that only those fail that cannot be done; where it
 * fails otherwise, all fail alike.
 */
export function inBatches<Item, Result>(
  many: (items: readonly Item[]) => Promise<readonly Result[]>,
  { gatherMs, itemsMax }: BatchBounds,
): (item: Item) => Promise<Result> {
  let gathering: Waiting<Item, Result>[] = []
  let timer: NodeJS.Timeout | undefined

  async function carryOut(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await many(batch.map(({ item }) => item))
      if (results.length !== batch.length) throw new Error('each of a batch has its result')
      for (const [n, { resolve }] of batch.entries()) resolve(results[n] as Result)
    } catch (error) {
      const isOfOneOfThem = batch.length > 1 && classifyDatabaseError(error) === undefined
      if (isOfOneOfThem) for (const each of batch) void carryOut([each])
      else for (const { reject } of batch) reject(error)
    }
  }

  function begin(batch: Waiting<Item, Result>[]): void {
    // One that was full has begun already.
    if (batch !== gathering) return
    gathering = []
    clearTimeout(timer)
    void carryOut(batch)
  }

  return (item) =>
    new Promise((resolve, reject) => {
      const batch = gathering
      batch.push({ item, resolve, reject })
      if (batch.length >= itemsMax) begin(batch)
      else if (batch.length === 1) {
        if (gatherMs === 0) setImmediate(begin, batch)
        else timer = setTimeout(begin, gatherMs, batch)
      }
    })
}
