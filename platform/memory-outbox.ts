// An outbox in memory, with the promises of PostgreSQL's and nothing of its durability.
import type { Outbox } from './outbox-keeper.ts'

interface Entry<Left> {
  readonly outboxId: number
  readonly left: Left
  readonly createdAtMs: number
  readonly published: boolean
}

/** `Left` is what a commit leaves, `Row` what is read of it when it is to be told. */
export class MemoryOutbox<Left, Row> implements Outbox<Row> {
  readonly #read: (left: Left, outboxId: number) => Row
  #entries: readonly Entry<Left>[] = []
  #ids = 0

  constructor(read: (left: Left, outboxId: number) => Row) {
    this.#read = read
  }

  /** Leaves a row, as a commit does; returns its id. */
  add(left: Left, createdAtMs: number): number {
    this.#ids += 1
    const entry = { outboxId: this.#ids, left, createdAtMs, published: false }
    this.#entries = [...this.#entries, entry]
    return this.#ids
  }

  async markPublished(outboxIds: readonly number[]): Promise<void> {
    this.#entries = this.#entries.map((entry) =>
      outboxIds.includes(entry.outboxId) ? { ...entry, published: true } : entry,
    )
  }

  async unpublished(beforeMs: number, limit: number): Promise<readonly Row[]> {
    return this.#waiting()
      .filter(({ createdAtMs }) => createdAtMs < beforeMs)
      .slice(0, limit)
      .map(({ left, outboxId }) => this.#read(left, outboxId))
  }

  async oldestUnpublishedMs(): Promise<number | undefined> {
    return this.#waiting()[0]?.createdAtMs
  }

  /** Nobody has to be notified in memory: what is published is done with. */
  async prune(limit: number): Promise<number> {
    const done = this.#entries.filter(({ published }) => published).slice(0, limit)
    this.#entries = this.#entries.filter((entry) => !done.includes(entry))
    return done.length
  }

  #waiting(): readonly Entry<Left>[] {
    return this.#entries.filter(({ published }) => !published)
  }
}
