// For how long it is known what was pushed.
import { type Beat, beat } from '../../platform/beat.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import { pushesKeptMs, pushKeepingPeriodMs, pushRowsPerPass } from '../limits.ts'
import type { PushBook } from '../ports/push-book.ts'

export interface PushKeeperOptions {
  readonly book: Pick<PushBook, 'forget'>
  readonly clock: Clock
  readonly log: Logger
}

export class PushKeeper implements Part {
  readonly name = 'push keeping'
  readonly #options: PushKeeperOptions
  #beat: Beat | undefined
  #isEnding = false

  constructor(options: PushKeeperOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#beat = beat('push retention', pushKeepingPeriodMs, () => this.#forget(), this.#options)
  }

  async drain(): Promise<void> {
    this.#isEnding = true
    await this.#beat?.stop()
  }

  stop(): Promise<void> {
    return this.drain()
  }

  async #forget(): Promise<void> {
    const { book, clock } = this.#options
    const beforeMs = clock.nowMs() - pushesKeptMs
    while ((await book.forget(beforeMs, pushRowsPerPass)) === pushRowsPerPass) {
      if (this.#isEnding) return
    }
  }
}
