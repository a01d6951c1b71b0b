// The pace of the notifier: woken by hints and by a timer, it tells what waits in the
// outbox, pass after pass, and announces what was told to the gateways. A lot in a storm rests between
// two tellings, and nothing else waits for it. A lost announcement loses nothing: the feed is kept, and a
// gateway that finds a gap reads it.
import type { Bus, Unlisten } from '../../platform/bus/bus.ts'
import type { Clock, Timer } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import { Outage } from '../../platform/outage.ts'
import { classifyDatabaseError, retrying, wait } from '../../platform/retry.ts'
import type { OutboxHint } from '../../protocol/engine.ts'
import { outboxHintSubject, userEventsSubject } from '../../protocol/subjects.ts'
import { derive } from '../core/derive.ts'
import { TellingPace } from '../core/telling-pace.ts'
import { failureDelays, lotTellings, pauseMs, pollMs } from '../limits.ts'
import type { FeedJournal, Told } from '../ports/feed-journal.ts'
import type { FeedMetrics } from './feed-teller.metrics.ts'

export interface FeedTellerOptions {
  readonly journal: FeedJournal
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: FeedMetrics
}

export function createFeedTeller(options: FeedTellerOptions): Part {
  return new FeedTeller(options)
}

class FeedTeller implements Part {
  readonly name = 'feed teller'
  readonly #options: FeedTellerOptions
  readonly #outage: Outage
  readonly #ending = new AbortController()
  readonly #pace = new TellingPace(lotTellings)
  #unlisten: Unlisten | undefined
  #poll: Timer | undefined
  /** Until a lot that rested may be told of again. */
  #rest: Timer | undefined
  #work: Promise<void> = Promise.resolve()
  /** Whether something may wait since the last pass began. */
  #isDue = true
  #wake: (() => void) | undefined

  constructor(options: FeedTellerOptions) {
    this.#options = options
    this.#outage = new Outage(options.log, {
      begins: 'telling failed; it is tried again',
      ends: 'telling works again',
    })
  }

  async start(): Promise<void> {
    const { bus, clock } = this.#options
    this.#unlisten = await bus.listen(outboxHintSubject, (message) =>
      this.#heard(message as OutboxHint),
    )
    this.#poll = clock.every(pollMs, () => this.#hint())
    this.#work = this.#tellUntilEnd()
  }

  /** The pass under way is finished; what it leaves waits in the outbox for the next notifier. */
  async drain(): Promise<void> {
    this.#unlisten?.()
    this.#poll?.cancel()
    this.#rest?.cancel()
    this.#ending.abort()
    this.#wake?.()
    await this.#work
  }

  stop(): Promise<void> {
    return this.drain()
  }

  /**
   * Of a lot that rests nothing is told before it has rested, and then it is looked at anyway. Woken by
   * each commit of a storm there were fifty passes a second, nearly all of them transactions in vain; now seven.
   */
  #heard({ lotId }: OutboxHint): void {
    if (lotId !== undefined && this.#pace.rests(lotId, this.#options.clock.nowMs())) return
    this.#hint()
  }

  #hint(): void {
    this.#isDue = true
    this.#wake?.()
  }

  async #tellUntilEnd(): Promise<void> {
    const { signal } = this.#ending
    try {
      while (!signal.aborted) {
        await this.#untilDue()
        await this.#tellWhatWaits(signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  async #untilDue(): Promise<void> {
    if (this.#isDue || this.#ending.signal.aborted) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }

  async #tellWhatWaits(signal: AbortSignal): Promise<void> {
    const { clock, journal, metrics } = this.#options
    this.#isDue = false
    const resting = [...this.#pace.restingMs(clock.nowMs()).keys()]
    const told = await retrying(() => journal.tell(derive, resting), {
      classify: (error) => classifyDatabaseError(error) ?? failureDelays,
      clock,
      signal,
      onRetry: ({ error }) => {
        metrics.failed()
        this.#outage.failed(error)
      },
    })
    this.#outage.worked()
    this.#announce(told)
    this.#keepPace(told, resting)
    if (told.left) this.#isDue = true
    const hasBacklog = told.left && told.commits > 0
    if (!hasBacklog) await wait(pauseMs, clock, signal)
  }

  /** Lets the lots rest that were told of too often, and looks again when the first of them has rested. */
  #keepPace({ lots }: Told, leftOut: readonly string[]): void {
    const { clock } = this.#options
    const nowMs = clock.nowMs()
    this.#pace.told(lots, nowMs)
    const resting = this.#pace.restingMs(nowMs)
    this.#rest?.cancel()
    // It had its rest during this pass, which left it out, and the timer that would say so was late.
    if (leftOut.some((lotId) => !resting.has(lotId))) this.#isDue = true
    if (resting.size === 0 || this.#ending.signal.aborted) return
    this.#rest = clock.after(Math.min(...resting.values()), () => this.#hint())
  }

  #announce(told: Told): void {
    const { bus, clock, log, metrics } = this.#options
    for (const feed of told.feeds) bus.publish(userEventsSubject(feed.userId), feed)
    for (const { fault, ...commit } of told.underivable) {
      log.error({ ...commit, err: fault }, 'a commit could not be derived and was left aside')
    }
    metrics.told(told, clock.nowMs())
  }
}
