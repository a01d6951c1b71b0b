// Time and chance of a simulation: a list of what is to happen, taken in the order of its time, and among
// what happens at one time in an order that the seed decides.
import type { Random } from './random.ts'

/**
 * Turns of the microtask queue that whatever happened gets before the next thing does. What takes more
 * goes on while time passes, which a real process does too. The number is fixed, so every run of a seed
 * is interleaved alike; and no macrotask is waited for, so nothing outside of the run can come between.
 */
const turnsPerHappening = 24

interface Happening {
  readonly atMs: number
  /** Decides between those of one time. */
  readonly lot: number
  readonly action: () => void
}

export class World {
  readonly random: Random
  readonly trace: string[] = []
  readonly #startMs: number
  #nowMs: number
  /** A binary heap. */
  readonly #heap: Happening[] = []

  constructor(random: Random, startMs: number) {
    this.random = random
    this.#startMs = startMs
    this.#nowMs = startMs
  }

  readonly nowMs = (): number => this.#nowMs

  get elapsedMs(): number {
    return this.#nowMs - this.#startMs
  }

  /** Writes down what happened. */
  note(text: string): void {
    this.trace.push(`${String(this.elapsedMs).padStart(6)} ${text}`)
  }

  after(delayMs: number, action: () => void): void {
    const atMs = Math.ceil(this.#nowMs + Math.max(0, delayMs))
    this.#push({ atMs, lot: this.random.next(), action })
  }

  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve))
  }

  /** Lets things happen until `isOver`, or until `limitMs` have passed since the start. */
  async run(isOver: () => boolean, limitMs: number): Promise<void> {
    while (!isOver() && this.elapsedMs < limitMs) {
      const next = this.#pop()
      if (next === undefined) return
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.action()
      for (let turn = 0; turn < turnsPerHappening; turn += 1) await Promise.resolve()
    }
  }

  #push(happening: Happening): void {
    const heap = this.#heap
    let at = heap.push(happening) - 1
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = heap[parentAt]
      if (parent === undefined || !isBefore(happening, parent)) break
      heap[at] = parent
      at = parentAt
    }
    heap[at] = happening
  }

  #pop(): Happening | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || first === last) return first
    let at = 0
    for (;;) {
      const left = heap[2 * at + 1]
      const right = heap[2 * at + 2]
      const isRight = right !== undefined && left !== undefined && isBefore(right, left)
      const child = isRight ? right : left
      if (child === undefined || !isBefore(child, last)) break
      heap[at] = child
      at = 2 * at + (isRight ? 2 : 1)
    }
    heap[at] = last
    return first
  }
}

function isBefore(one: Happening, other: Happening): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.lot < other.lot)
}
