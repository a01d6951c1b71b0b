// Who talks with whom. Both ends of a conversation are in one process, so that it can time from the one to the other.
import { type Plan, sharesOf } from '../run/plan.ts'

/** The numbers of two devices, and their conversation's place in the stage. */
export interface Pair {
  readonly first: number
  readonly second: number
  readonly nth: number
}

/** All pairs of a run; of an odd share the last device has nobody. */
export function pairsOf(plan: Pick<Plan, 'connections' | 'processes'>): readonly Pair[] {
  const pairs: Pair[] = []
  for (const { from, to } of sharesOf(plan)) {
    for (let first = from; first + 1 < to; first += 2) {
      pairs.push({ first, second: first + 1, nth: pairs.length })
    }
  }
  return pairs
}
