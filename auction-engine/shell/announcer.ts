// Tells the watchers what was committed. A quiet lot's events are told one by one; of a hot lot one state
// per tick, so that bus and sockets cost the same at twenty bids a second and at twenty thousand. Nothing
// is lost by that: each publication carries the whole public state, and the log has every event.
import type { Bus } from '../../platform/bus/bus.ts'
import type { Clock, Timer } from '../../platform/clock.ts'
import type { LotEventType } from '../../protocol/auction.ts'
import type { LotEvent, LotEvents, OutboxHint } from '../../protocol/engine.ts'
import { lotEventsSubject, outboxHintSubject, shardOf } from '../../protocol/subjects.ts'
import type { LotEventDraft } from '../core/decision.ts'
import type { LotRules } from '../core/lot.ts'
import { publication } from '../core/visibility.ts'
import { conflationTickMs, eventsBurst, eventsPerSecond } from '../limits.ts'
import type { LotChange } from '../ports/lot-journal.ts'
import type { UntoldEvents } from '../ports/lot-outbox.ts'
import type { EngineMetrics } from './engine-metrics.ts'

/** Told at once, however hot the lot is: whoever waits for these acts on them. */
const urgent: ReadonlySet<LotEventType> = new Set<LotEventType>([
  'lot_published',
  'lot_opened',
  'lot_closed',
  'lot_withdrawn',
  'lot_cancelled',
])

/** Events that wait for the tick, as the newest of them. */
interface Waiting {
  readonly rules: LotRules
  readonly fromSeq: number
  readonly newest: LotEventDraft
}

interface Pace {
  epoch: number
  tokens: number
  filledAtMs: number
  waiting: Waiting | undefined
  /** Rows of the outbox which are published when `waiting` is. */
  outboxIds: number[]
}

export interface AnnouncerOptions {
  readonly bus: Bus
  readonly clock: Clock
  readonly metrics: EngineMetrics
  /** Told when all events of a row of the outbox are published. */
  readonly onPublished: (outboxId: number) => void
}

export class Announcer {
  readonly #options: AnnouncerOptions
  readonly #paces = new Map<string, Pace>()
  #ticking: Timer | undefined

  constructor(options: AnnouncerOptions) {
    this.#options = options
  }

  /** Tells of a committed change. `outboxId` is the row left for its events, where it is known. */
  announce(change: LotChange, outboxId: number | undefined): void {
    if (change.events.length === 0) return
    const pace = this.#paceOf(change)
    const events: LotEvent[] = []
    for (const { event } of change.events) this.#take(pace, event, change.after.lot.rules, events)
    if (outboxId !== undefined) pace.outboxIds.push(outboxId)
    this.#publish(change.lotId, pace, events)
    this.#ticking ??= this.#options.clock.every(conflationTickMs, () => this.#tick())
  }

  /** Tells what somebody committed and could not tell. Returns what the bus has taken. */
  repeat(rows: readonly UntoldEvents[]): readonly UntoldEvents[] {
    const { bus, clock } = this.#options
    const serverTime = clock.nowMs()
    const told = rows.filter((row) =>
      bus.publish(lotEventsSubject(row.lotId), storedEvents(row, serverTime)),
    )
    bus.publish(outboxHintSubject, {})
    return told
  }

  /** Publishes what waits of these shards' lots, and forgets them. */
  finish(shards: ReadonlySet<number>): void {
    for (const [lotId, pace] of this.#paces) {
      if (!shards.has(shardOf(lotId))) continue
      this.#publish(lotId, pace, this.#conflated(pace))
      this.#paces.delete(lotId)
    }
  }

  /** Publishes what waits, and ends the ticking. */
  flush(): void {
    for (const [lotId, pace] of this.#paces) this.#publish(lotId, pace, this.#conflated(pace))
    this.stop()
  }

  /** Ends the ticking, and forgets what waits. */
  stop(): void {
    this.#paces.clear()
    this.#ticking?.cancel()
    this.#ticking = undefined
  }

  #paceOf({ lotId, epoch }: LotChange): Pace {
    const nowMs = this.#options.clock.nowMs()
    const known = this.#paces.get(lotId)
    if (known === undefined) {
      const tokens = eventsBurst
      const pace: Pace = { epoch, tokens, filledAtMs: nowMs, waiting: undefined, outboxIds: [] }
      this.#paces.set(lotId, pace)
      return pace
    }
    refill(known, nowMs)
    // The lot was away and came back: what still waits was committed under the epoch it had then.
    if (known.epoch !== epoch) this.#publish(lotId, known, this.#conflated(known))
    known.epoch = epoch
    return known
  }

  /** Puts the event among those to be published now, or lets it wait. */
  #take(pace: Pace, event: LotEventDraft, rules: LotRules, events: LotEvent[]): void {
    if (urgent.has(event.type)) {
      events.push(...this.#conflated(pace), this.#told(rules, event, event.seq))
    } else if (pace.waiting === undefined && pace.tokens >= 1) {
      pace.tokens -= 1
      events.push(this.#told(rules, event, event.seq))
    } else {
      const fromSeq = pace.waiting?.fromSeq ?? event.seq
      pace.waiting = { rules, fromSeq, newest: event }
    }
  }

  #tick(): void {
    const nowMs = this.#options.clock.nowMs()
    for (const [lotId, pace] of this.#paces) {
      refill(pace, nowMs)
      if (pace.waiting !== undefined) {
        pace.tokens = Math.max(0, pace.tokens - 1)
        this.#publish(lotId, pace, this.#conflated(pace))
      } else if (pace.tokens >= eventsBurst) this.#paces.delete(lotId)
    }
    if (this.#paces.size === 0) this.stop()
  }

  /** What waits, as one event, which waits no longer. */
  #conflated(pace: Pace): readonly LotEvent[] {
    const { waiting } = pace
    if (waiting === undefined) return []
    pace.waiting = undefined
    this.#options.metrics.conflated.inc(waiting.newest.seq - waiting.fromSeq)
    return [this.#told(waiting.rules, waiting.newest, waiting.fromSeq)]
  }

  #told(rules: LotRules, event: LotEventDraft, fromSeq: number): LotEvent {
    const { lot, ...told } = publication(rules, event)
    const serverTime = this.#options.clock.nowMs()
    return {
      seq: event.seq,
      publication: {
        ...told,
        lot: { ...lot, serverTime },
        ...(fromSeq === event.seq ? {} : { fromSeq }),
      },
    }
  }

  #publish(lotId: string, pace: Pace, events: readonly LotEvent[]): void {
    const { bus, metrics, onPublished } = this.#options
    if (events.length > 0) {
      const message: LotEvents = { lotId, epoch: pace.epoch, events }
      if (bus.publish(lotEventsSubject(lotId), message)) metrics.publications.inc(events.length)
      // Its rows are left to the relay, which tells them when the bus is back.
      else pace.outboxIds = []
      // With the events, and so of a hot lot once a tick: a notifier that let the lot rest was woken by every
      // commit nevertheless, which was a quarter of what a storm of bids through NATS cost it.
      const hint: OutboxHint = { lotId }
      bus.publish(outboxHintSubject, hint)
    }
    if (pace.waiting !== undefined) return
    for (const outboxId of pace.outboxIds) onPublished(outboxId)
    pace.outboxIds = []
  }
}

function refill(pace: Pace, nowMs: number): void {
  const gained = ((nowMs - pace.filledAtMs) * eventsPerSecond) / 1_000
  pace.tokens = Math.min(eventsBurst, pace.tokens + Math.max(0, gained))
  pace.filledAtMs = nowMs
}

function storedEvents(
  { lotId, epoch, fromSeq, events }: UntoldEvents,
  serverTime: number,
): LotEvents {
  return {
    lotId,
    epoch,
    events: events.map(({ seq, publication: told }, at) => ({
      seq,
      publication: {
        ...told,
        lot: { ...told.lot, serverTime },
        // The first one stands for those of its row that were left out.
        ...(at === 0 && seq > fromSeq ? { fromSeq } : {}),
      },
    })),
  }
}
