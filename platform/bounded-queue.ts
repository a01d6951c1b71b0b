// A first-in-first-out queue with an end to its patience: full is an answer, not a growing heap.
import { assert } from './assert.ts'

/** Slots at the start; the ring doubles up to the bound, since most inboxes stay nearly empty. */
const slotsAtStart = 16

/**
 * A bounded queue which knows how long its oldest item has waited. Everything is O(1), `drain` per item.
 * Used where work is taken in batches and shed by number and by waiting time.
 */
export class BoundedQueue<T> {
  readonly #itemsMax: number
  #items: (T | undefined)[]
  #queuedAtMs: Float64Array
  #head = 0
  #size = 0

  constructor(itemsMax: number) {
    assert(
      Number.isSafeInteger(itemsMax) && itemsMax >= 1,
      'a bounded queue holds at least one item',
    )
    this.#itemsMax = itemsMax
    const slots = Math.min(slotsAtStart, itemsMax)
    this.#items = Array.from<T | undefined>({ length: slots })
    this.#queuedAtMs = new Float64Array(slots)
  }

  get size(): number {
    return this.#size
  }

  get isFull(): boolean {
    return this.#size === this.#itemsMax
  }

  /** Appends `item`, or returns false where the queue is full. */
  push(item: T, nowMs: number): boolean {
    if (this.isFull) return false
    if (this.#size === this.#items.length) this.#grow()
    const at = (this.#head + this.#size) % this.#items.length
    this.#items[at] = item
    this.#queuedAtMs[at] = nowMs
    this.#size += 1
    return true
  }

  /** Takes at most `countMax` items, the oldest first. */
  drain(countMax: number): T[] {
    const taken: T[] = []
    for (let left = Math.min(countMax, this.#size); left > 0; left -= 1) {
      taken.push(this.#items[this.#head] as T)
      // A slot that kept its item would keep the item's memory too.
      this.#items[this.#head] = undefined
      this.#head = (this.#head + 1) % this.#items.length
      this.#size -= 1
    }
    return taken
  }

  /** How long the oldest item has waited; 0 where there is none. */
  oldestWaitMs(nowMs: number): number {
    if (this.#size === 0) return 0
    return Math.max(0, nowMs - (this.#queuedAtMs[this.#head] ?? nowMs))
  }

  #grow(): void {
    const slots = Math.min(this.#items.length * 2, this.#itemsMax)
    const items = Array.from<T | undefined>({ length: slots })
    const queuedAtMs = new Float64Array(slots)
    for (let nth = 0; nth < this.#size; nth += 1) {
      const from = (this.#head + nth) % this.#items.length
      items[nth] = this.#items[from]
      queuedAtMs[nth] = this.#queuedAtMs[from] ?? 0
    }
    this.#items = items
    this.#queuedAtMs = queuedAtMs
    this.#head = 0
  }
}
