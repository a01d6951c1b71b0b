// What the code reads from its surroundings without being given it: jitter (`Math.random`) and the
// measuring of durations. In a simulation these too must come from the seed, or a run could not be
// repeated. Only for work that never leaves its turn of the event loop: everybody else would see them.
import type { Random } from './random.ts'

export async function inOwnTime<T>(
  random: Random,
  nowMs: () => number,
  work: () => Promise<T>,
): Promise<T> {
  const chance = Math.random
  const today = Date.now
  Math.random = random.next
  Date.now = nowMs
  // Its own method is its class's, and comes back when this one is taken away.
  Object.defineProperty(performance, 'now', { value: nowMs, configurable: true })
  try {
    return await work()
  } finally {
    Math.random = chance
    Date.now = today
    Reflect.deleteProperty(performance, 'now')
  }
}
