// The connections of this process alone.
import type { ConnectionCounts } from './connection-counts.ts'

export function createMemoryConnectionCounts(): ConnectionCounts {
  const counts = new OwnCounts()
  return {
    enter(key, max) {
      if (counts.of(key) >= max) return false
      counts.add(key)
      return true
    },
    add: (key) => void counts.add(key),
    leave: (key) => void counts.remove(key),
    held: async (keys) => keys.map((key) => counts.of(key)),
  }
}

export class OwnCounts {
  readonly #counts = new Map<string, number>()

  of(key: string): number {
    return this.#counts.get(key) ?? 0
  }

  [Symbol.iterator](): Iterator<[string, number]> {
    return this.#counts[Symbol.iterator]()
  }

  /** How many there are now. */
  add(key: string): number {
    const count = this.of(key) + 1
    this.#counts.set(key, count)
    return count
  }

  /** How many are left. */
  remove(key: string): number {
    const count = Math.max(0, this.of(key) - 1)
    if (count === 0) this.#counts.delete(key)
    else this.#counts.set(key, count)
    return count
  }
}
