// What fails again and again for one reason is said when it begins and when it is over, not at each try.
import type { Logger } from './log.ts'

export interface OutageWords {
  /** For the first failure after a success. */
  readonly begins: string
  /** For the first success after a failure. */
  readonly ends: string
}

export class Outage {
  readonly #log: Logger
  readonly #words: OutageWords
  #isOn = false

  constructor(log: Logger, words: OutageWords) {
    this.#log = log
    this.#words = words
  }

  failed(err: unknown): void {
    if (!this.#isOn) this.#log.warn({ err }, this.#words.begins)
    this.#isOn = true
  }

  worked(): void {
    if (this.#isOn) this.#log.info(this.#words.ends)
    this.#isOn = false
  }
}
