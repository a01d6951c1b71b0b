// The pace at which bidders are told that a lot ends soon.
import { type Beat, beat } from '../../platform/beat.ts'
import type { Bus } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import { userEventsSubject } from '../../protocol/subjects.ts'
import { endingLotsPerPass, endingPeriodMs, endingSoonMs } from '../limits.ts'
import type { LotEndings } from '../ports/lot-endings.ts'
import type { FeedMetrics } from './feed-teller.metrics.ts'

export interface LotEndingTellerOptions {
  readonly endings: LotEndings
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Pick<FeedMetrics, 'added'>
}

export class LotEndingTeller implements Part {
  readonly name = 'lot endings'
  readonly #options: LotEndingTellerOptions
  #beat: Beat | undefined
  #isEnding = false

  constructor(options: LotEndingTellerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#beat = beat(this.name, endingPeriodMs, () => this.#tell(), this.#options)
  }

  async drain(): Promise<void> {
    this.#isEnding = true
    await this.#beat?.stop()
  }

  stop(): Promise<void> {
    return this.drain()
  }

  async #tell(): Promise<void> {
    const { endings, bus, clock, metrics } = this.#options
    for (let isLeft = true; isLeft && !this.#isEnding; ) {
      const nowMs = clock.nowMs()
      const { feeds, left } = await endings.tell(nowMs, nowMs + endingSoonMs, endingLotsPerPass)
      for (const feed of feeds) bus.publish(userEventsSubject(feed.userId), feed)
      metrics.added(feeds)
      isLeft = left
    }
  }
}
