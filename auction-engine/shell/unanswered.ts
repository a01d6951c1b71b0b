// How many commands of each shard are on their way to an answer.
export class Unanswered {
  readonly #counts: Uint32Array
  #waiting: (() => void)[] = []

  constructor(shardCount: number) {
    this.#counts = new Uint32Array(shardCount)
  }

  admitted(shard: number): void {
    this.#counts[shard] = this.#of(shard) + 1
  }

  answered(shard: number): void {
    const left = this.#of(shard) - 1
    this.#counts[shard] = left
    if (left > 0 || this.#waiting.length === 0) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  /** Resolves when everything admitted of these shards is answered. No more of it should come in. */
  async none(shards: readonly number[]): Promise<void> {
    while (shards.some((shard) => this.#of(shard) > 0)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  #of(shard: number): number {
    return this.#counts[shard] ?? 0
  }
}
