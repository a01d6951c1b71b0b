// What somebody says without waiting for the answer to what it said before: one after the other, since any
// chat store may take a command, and two stores keep no order between them.

interface Waiting {
  readonly take: (isTurn: boolean) => void
}

const nobody: readonly never[] = []

/** A line per key; there is one only while somebody is in it. */
export class Lines {
  readonly #waitingMax: number
  readonly #lines = new Map<string, readonly Waiting[]>()

  /** `waitingMax` may wait behind the first of a line. */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax
  }

  /**
   * Resolves to true when it is the caller's turn, which has to `leave` then; to false where the line is too
   * long, or did not go on. Whoever calls it first is the first, whatever comes before the `await`.
   */
  async enter(key: string): Promise<boolean> {
    const waiting = this.#lines.get(key)
    if (waiting === undefined) {
      this.#lines.set(key, nobody)
      return true
    }
    if (waiting.length >= this.#waitingMax) return false
    return await new Promise((take) => {
      this.#lines.set(key, waiting.concat([{ take }]))
    })
  }

  /** The caller's turn has ended. Where the line does not go on, all who wait in it are turned away. */
  leave(key: string, goesOn: boolean): void {
    const waiting = this.#lines.get(key) ?? nobody
    const [next, ...others] = waiting
    if (next !== undefined && goesOn) {
      this.#lines.set(key, others)
      next.take(true)
      return
    }
    this.#lines.delete(key)
    for (const each of waiting) each.take(false)
  }
}
