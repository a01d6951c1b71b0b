// Counts by two labels, cheaply enough for every command: the registry adds them up when it is read.
import { Counter } from 'prom-client'
import type { Registry } from './metrics.ts'

export interface TallyOptions {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly [string, string]
}

/** A counter of the registry that is kept outside of it: a count is two look-ups, and no sorting and joining of labels. */
export class Tally {
  readonly #counts = new Map<string, Map<string, number>>()

  constructor(registry: Registry, { name, help, labelNames }: TallyOptions) {
    const [first, second] = labelNames
    const entries = () => this.#entries()
    registry.registerMetric(
      new Counter<string>({
        name,
        help,
        labelNames,
        registers: [],
        collect() {
          this.reset()
          for (const [row, column, count] of entries()) {
            this.inc({ [first]: row, [second]: column }, count)
          }
        },
      }),
    )
  }

  add(first: string, second: string): void {
    let row = this.#counts.get(first)
    if (row === undefined) this.#counts.set(first, (row = new Map()))
    row.set(second, (row.get(second) ?? 0) + 1)
  }

  *#entries(): Iterable<readonly [string, string, number]> {
    for (const [first, row] of this.#counts) {
      for (const [second, count] of row) yield [first, second, count]
    }
  }
}
