// The cutoffs that this process knows of.
import type { Cutoffs, OnCutoff, Unlisten } from './cutoffs.ts'

export interface MemoryCutoffsOptions {
  /** How many are kept; those that moved longest ago are forgotten first. */
  readonly keysMax: number
}

export function createMemoryCutoffs(options: MemoryCutoffsOptions): Cutoffs {
  return new KnownCutoffs(options)
}

export class KnownCutoffs implements Cutoffs {
  readonly #keysMax: number
  /** In the order in which they moved. */
  readonly #known = new Map<string, number>()
  readonly #listeners = new Set<OnCutoff>()

  constructor({ keysMax }: MemoryCutoffsOptions) {
    this.#keysMax = keysMax
  }

  raise(key: string, atMs: number): void {
    this.learn(key, atMs)
  }

  /** Whether it moved. */
  learn(key: string, atMs: number): boolean {
    if (atMs <= this.at(key)) return false
    this.#known.delete(key)
    this.#known.set(key, atMs)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#keysMax) break
      this.#known.delete(oldest)
    }
    for (const listener of this.#listeners) listener(key, atMs)
    return true
  }

  at(key: string): number {
    return this.#known.get(key) ?? Number.NEGATIVE_INFINITY
  }

  keys(): Iterable<string> {
    return this.#known.keys()
  }

  listen(listener: OnCutoff): Unlisten {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
