// Keeps the outbox: marks what the announcer has published, publishes what a dead owner left behind, and
// deletes what everybody has dealt with.
import type { Bus } from '../../platform/bus/bus.ts'
import type { Clock, Timer } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { LotEvents } from '../../protocol/engine.ts'
import { lotEventsSubject, outboxHintSubject } from '../../protocol/subjects.ts'
import { markPublishedMs, pruneRowsMax, relayAfterMs, relayRowsMax } from '../limits.ts'
import type { LotOutbox, UntoldEvents } from '../ports/lot-outbox.ts'
import type { EngineMetrics } from './engine-metrics.ts'

export interface OutboxKeeperOptions {
  readonly outbox: LotOutbox
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: EngineMetrics
}

export class OutboxKeeper {
  readonly #options: OutboxKeeperOptions
  #unmarked: number[] = []
  #marking: Timer | undefined

  constructor(options: OutboxKeeperOptions) {
    this.#options = options
  }

  /** All events of this row are on the bus. It is marked with others, within half a second. */
  published(outboxId: number): void {
    this.#unmarked.push(outboxId)
    this.#marking ??= this.#options.clock.after(markPublishedMs, () => {
      this.#marking = undefined
      this.mark().catch((err: unknown) => {
        // The relay will publish these rows again; nobody minds hearing them twice.
        this.#options.log.warn({ err }, 'published rows could not be marked')
      })
    })
  }

  /** Marks what was published so far. */
  async mark(): Promise<void> {
    const outboxIds = this.#unmarked
    this.#unmarked = []
    if (outboxIds.length > 0) await this.#options.outbox.markPublished(outboxIds)
  }

  stop(): void {
    this.#marking?.cancel()
  }

  /** Publishes what was committed before `beforeMs` and is not published. */
  async relay(beforeMs: number): Promise<void> {
    const { outbox, bus, metrics } = this.#options
    await this.mark()
    for (;;) {
      const rows = await outbox.unpublished(beforeMs, relayRowsMax)
      if (rows.length === 0) return
      for (const row of rows) bus.publish(lotEventsSubject(row.lotId), this.#eventsOf(row))
      bus.publish(outboxHintSubject, {})
      await outbox.markPublished(rows.map(({ outboxId }) => outboxId))
      metrics.relayed.inc(rows.length)
    }
  }

  /** Publishes what its owner had time to publish, deletes what is done with, measures what is not. */
  async tidy(): Promise<void> {
    const { outbox, clock, metrics } = this.#options
    await this.relay(clock.nowMs() - relayAfterMs)
    await outbox.prune(pruneRowsMax)
    const { oldestMs } = await outbox.backlog()
    metrics.outboxLagMs.set(oldestMs === undefined ? 0 : Math.max(0, clock.nowMs() - oldestMs))
  }

  #eventsOf({ lotId, epoch, fromSeq, events }: UntoldEvents): LotEvents {
    const serverTime = this.#options.clock.nowMs()
    return {
      lotId,
      epoch,
      events: events.map(({ seq, publication }, at) => ({
        seq,
        publication: {
          ...publication,
          lot: { ...publication.lot, serverTime },
          // The first one stands for those of its row that were left out.
          ...(at === 0 && seq > fromSeq ? { fromSeq } : {}),
        },
      })),
    }
  }
}
