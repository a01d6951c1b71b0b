// Keeps a service's rows of the outbox: marks what was published, publishes what somebody who died left
// behind, and deletes what everybody has dealt with.
import type { Counter, Gauge } from 'prom-client'
import type { Clock, Timer } from './clock.ts'
import type { Logger } from './log.ts'

/** Published rows are marked in groups; sooner than the relay would take them for lost. */
export const markPublishedMs = 500
/** A row that is unpublished for so long belonged to somebody who died. */
export const relayAfterMs = 2_000
/** Rows relayed or deleted in one statement. */
const relayRowsMax = 200
const pruneRowsMax = 5_000

/** The rows of one service, of which each says what one commit left to be told. */
export interface Outbox<Row> {
  markPublished(outboxIds: readonly number[]): Promise<void>
  /** Rows committed before `beforeMs` and not yet published, oldest first. */
  unpublished(beforeMs: number, limit: number): Promise<readonly Row[]>
  /** When the oldest unpublished row was committed; undefined where there is none. */
  oldestUnpublishedMs(): Promise<number | undefined>
  /** Deletes rows that everybody has dealt with, at most `limit`. Returns how many. */
  prune(limit: number): Promise<number>
}

export interface OutboxKeeperOptions<Row> {
  readonly outbox: Outbox<Row>
  /** Puts rows on the bus, and returns those that it has taken; hearing of one twice harms nobody. */
  readonly publish: (rows: readonly Row[]) => readonly Row[]
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: {
    /** Rows which the relay published for somebody who did not. */
    readonly relayed: Counter
    /** How long the oldest unpublished row has waited. */
    readonly outboxLagMs: Gauge
  }
}

export class OutboxKeeper<Row extends { readonly outboxId: number }> {
  readonly #options: OutboxKeeperOptions<Row>
  #unmarked: number[] = []
  #marking: Timer | undefined

  constructor(options: OutboxKeeperOptions<Row>) {
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
    const { outbox, publish, metrics } = this.#options
    await this.mark()
    for (;;) {
      const rows = await outbox.unpublished(beforeMs, relayRowsMax)
      if (rows.length === 0) return
      const told = publish(rows)
      if (told.length > 0) {
        await outbox.markPublished(told.map(({ outboxId }) => outboxId))
        metrics.relayed.inc(told.length)
      }
      // The bus is away: they are told at another time.
      if (told.length < rows.length) return
    }
  }

  /** Publishes what whoever committed it had time to publish, deletes what is done with, measures what is not. */
  async tidy(): Promise<void> {
    const { outbox, clock, metrics } = this.#options
    await this.relay(clock.nowMs() - relayAfterMs)
    await outbox.prune(pruneRowsMax)
    const oldestMs = await outbox.oldestUnpublishedMs()
    metrics.outboxLagMs.set(oldestMs === undefined ? 0 : Math.max(0, clock.nowMs() - oldestMs))
  }
}
