// Uploads and downloads under way: only so many at once, and whoever stops the server waits for them.
import type { Part } from '../../../platform/lifecycle.ts'

export class Transfers implements Part {
  readonly name = 'transfers'
  readonly #max: number
  #count = 0
  #idle: (() => void) | undefined

  constructor(max: number) {
    this.#max = max
  }

  /** Takes a place, to be given back by calling the result (again and again is once); undefined where none is free. */
  begin(): (() => void) | undefined {
    if (this.#count >= this.#max) return undefined
    this.#count += 1
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#count -= 1
      // The response is written before this turn ends.
      if (this.#count === 0) setImmediate(() => this.#idle?.())
    }
  }

  async start(): Promise<void> {}

  /** Ends when nothing is under way, or when its time is up. */
  async drain(signal: AbortSignal): Promise<void> {
    if (this.#count === 0) return
    await new Promise<void>((resolve) => {
      this.#idle = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  async stop(): Promise<void> {}
}
