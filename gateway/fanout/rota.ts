// Everybody's turn, once in a period and evenly spread: who came together does not have its turn together for ever.

export class Rota<Item> {
  readonly #items: ReadonlyMap<unknown, Item>
  readonly #periodMs: number
  #walk: Iterator<Item>
  /** A turn is due for each `periodMs` of it. */
  #owedMs = 0

  /** @param items who is there; it may change at any time, and whoever is new comes last */
  constructor(items: ReadonlyMap<unknown, Item>, periodMs: number) {
    this.#items = items
    this.#periodMs = periodMs
    this.#walk = items.values()
  }

  /** Those whose turn comes when `elapsedMs` more have passed. */
  *pass(elapsedMs: number): Iterable<Item> {
    this.#owedMs += this.#items.size * elapsedMs
    for (; this.#owedMs >= this.#periodMs; this.#owedMs -= this.#periodMs) {
      const item = this.#next()
      if (item === undefined) return
      yield item
    }
  }

  /** Has everybody's turn come with the next `pass`, once. */
  hurry(): void {
    this.#owedMs = this.#items.size * this.#periodMs
  }

  #next(): Item | undefined {
    const next = this.#walk.next()
    if (next.done !== true) return next.value
    this.#walk = this.#items.values()
    return this.#walk.next().value
  }
}
