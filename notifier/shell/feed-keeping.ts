// What is done for order's sake, whoever is told what: feeds, devices and marks that have become old go, and
// whatever is kept of users who are to be erased.
import { type Beat, beat } from '../../platform/beat.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import {
  deviceMarksKeptMs,
  devicesKeptMs,
  erasuresPerPass,
  feedErasurePeriodMs,
  feedKeepingPeriodMs,
  feedRowsPerPass,
  notificationsKeptMs,
} from '../limits.ts'
import type { FeedKeeping } from '../ports/feed-keeping.ts'

export interface FeedKeeperOptions {
  readonly keeping: FeedKeeping
  readonly clock: Clock
  readonly log: Logger
}

export class FeedKeeper implements Part {
  readonly name = 'feed keeping'
  readonly #options: FeedKeeperOptions
  #beats: readonly Beat[] = []
  #isEnding = false

  constructor(options: FeedKeeperOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#beats = [
      beat('feed retention', feedKeepingPeriodMs, () => this.#forget(), this.#options),
      beat('feed erasure', feedErasurePeriodMs, () => this.#erase(), this.#options),
    ]
  }

  async drain(): Promise<void> {
    this.#isEnding = true
    await Promise.all(this.#beats.map((each) => each.stop()))
  }

  stop(): Promise<void> {
    return this.drain()
  }

  async #forget(): Promise<void> {
    const { keeping, clock, log } = this.#options
    const nowMs = clock.nowMs()
    const gone = {
      notifications: await this.#all((limit) =>
        keeping.forgetNotifications(nowMs - notificationsKeptMs, limit),
      ),
      devices: await this.#all((limit) => keeping.forgetDevices(nowMs - devicesKeptMs, limit)),
      marks: await this.#all((limit) =>
        keeping.forgetDeviceMarks(nowMs - deviceMarksKeptMs, limit),
      ),
    }
    if (gone.notifications + gone.devices > 0) log.info(gone, 'feeds and devices were thinned')
  }

  /** Passes follow each other until one finds less than it may take. Returns how many rows went. */
  async #all(pass: (limit: number) => Promise<number>): Promise<number> {
    for (let all = 0; ; ) {
      const gone = await pass(feedRowsPerPass)
      all += gone
      if (gone < feedRowsPerPass || this.#isEnding) return all
    }
  }

  async #erase(): Promise<void> {
    const { keeping, clock, log } = this.#options
    for (const userId of await keeping.erasuresToDo(erasuresPerPass)) {
      while (!(await keeping.erase(userId, clock.nowMs(), feedRowsPerPass))) {
        if (this.#isEnding) return
      }
      log.info({ userId }, 'the feed and the devices of a user were erased')
    }
  }
}
