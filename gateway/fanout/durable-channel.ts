// A channel whose publications are never skipped: a socket that cannot take them is closed, and what a
// client missed comes from memory, or from the store, in order.
import type { Publication, SubscribeResult } from '../../protocol/frames.ts'
import { recoveredPublicationsMax } from '../limits.ts'
import { WatchedChannel, type WatchedContext } from './channel.ts'
import { none } from './few.ts'
import type { RecoveryKind } from './metrics.ts'
import type { Sequenced } from './stream.ts'
import type { RecoverFrom } from './subscriber.ts'

interface Missed<E> {
  readonly kind: RecoveryKind
  readonly events: readonly E[]
}

const failed: Missed<never> = { kind: 'failed', events: none }

export abstract class DurableChannel<
  E extends Sequenced,
  C extends WatchedContext = WatchedContext,
> extends WatchedChannel<E, C> {
  /** What was told lately, the newest last; without a gap up to the head. */
  #ring: readonly E[] = none
  /** What is to go from the ring at the next look into the store. */
  #oldTo = 0
  /** Gaps that are being read from the store; undefined while there are none, which is nearly always. */
  #readings: Map<string, Promise<readonly E[]>> | undefined

  protected get phase(): 'durable' {
    return 'durable'
  }

  /** At most `limit` of what the store has after `seq`, in order and without a gap. */
  protected abstract read(seq: number, limit: number): Promise<readonly E[]>
  /** Puts the events into the outboxes of the sockets. */
  protected abstract deliver(events: readonly E[]): void

  protected async missed(seq: number): Promise<readonly E[]> {
    const missed: E[] = []
    for (;;) {
      const page = await this.read(missed.at(-1)?.seq ?? seq, recoveredPublicationsMax)
      missed.push(...page)
      if (page.length < recoveredPublicationsMax) return missed
    }
  }

  protected firstSeq({ seq }: E): number {
    return seq
  }

  /** No event stands for another. */
  protected bridge(): undefined {
    return undefined
  }

  protected tell(events: readonly E[]): void {
    const due = this.renewed(events, events)
    this.deliver(due)
    this.context.metrics.published.inc({ class: 'durable' }, due.length)
    this.#ring = [...this.renewed(this.#ring, due), ...due].slice(-recoveredPublicationsMax)
  }

  /** The events as they are to be told from now on, where the later ones of `by` have changed them. */
  protected renewed(events: readonly E[], _by: readonly E[]): readonly E[] {
    return events
  }

  /**
   * Memory is for those who were away for a moment. What was told longer ago is read from the store, which
   * knows what has changed since without being told.
   */
  protected override async recheck(): Promise<void> {
    const recent = this.#ring.filter(({ seq }) => seq > this.#oldTo)
    this.#ring = recent.length === 0 ? none : recent
    this.#oldTo = this.head
  }

  /** What was told after `seq` up to the head; undefined where memory does not reach back so far. */
  protected toldSince(seq: number): readonly E[] | undefined {
    if (seq > this.head || !this.reaches(seq)) return undefined
    return this.#ring.filter((event) => event.seq > seq)
  }

  private reaches(seq: number): boolean {
    return (this.#ring[0]?.seq ?? this.head + 1) <= seq + 1
  }

  // ---- coming back --------------------------------------------------------------------------

  /** What memory does not reach back to, where the client can be given all that it missed. */
  protected async readStored(from: RecoverFrom): Promise<readonly E[]> {
    if (from.recover !== true) return none
    const offset = from.offset ?? 0
    const wanted = this.head - offset
    const inReach = this.knows(from) && wanted > 0 && wanted <= recoveredPublicationsMax
    if (!inReach || this.reaches(offset)) return none
    return await this.readOnce(offset, wanted)
  }

  /** A herd that comes back with one gap reads it once. */
  private readOnce(offset: number, wanted: number): Promise<readonly E[]> {
    const gap = `${offset} ${wanted}`
    const underWay = this.#readings?.get(gap)
    if (underWay !== undefined) return underWay
    const reading = this.read(offset, wanted).finally(() => {
      this.#readings?.delete(gap)
      if (this.#readings?.size === 0) this.#readings = undefined
    })
    this.#readings ??= new Map()
    this.#readings.set(gap, reading)
    return reading
  }

  /** Whether the client can be given all that it missed, by memory and by what `readStored` brought. */
  protected recovers(from: RecoverFrom, stored: readonly E[]): boolean {
    return from.recover === true && this.missedSince(from, stored).kind !== 'failed'
  }

  /** The fields of recovery in the reply; `publication` shows an event as the client may see it. */
  protected recovered(
    from: RecoverFrom,
    stored: readonly E[],
    publication: (event: E) => Publication,
  ): Partial<SubscribeResult> {
    if (from.recover !== true) return {}
    const { kind, events } = this.missedSince(from, stored)
    this.context.metrics.recoveries.inc({ kind })
    if (kind === 'failed') return { was_recovering: true, recovered: false }
    return { was_recovering: true, recovered: true, publications: events.map(publication) }
  }

  /** All from the client's offset to the head, from the store first and then from the ring. */
  private missedSince(from: RecoverFrom, stored: readonly E[]): Missed<E> {
    const offset = from.offset ?? 0
    if (!this.knows(from)) return failed
    if (offset === this.head) return { kind: 'none', events: none }
    const readTo = stored.at(-1)?.seq ?? offset
    const told = this.#ring.filter(({ seq }) => seq > readTo)
    const events = [...this.renewed(stored, told), ...told]
    const complete = events.every(({ seq }, at) => seq === offset + 1 + at)
    if (!complete || events.at(-1)?.seq !== this.head) return failed
    if (events.length > recoveredPublicationsMax) return failed
    return { kind: stored.length > 0 ? 'store' : 'ring', events }
  }

  // ---- slow readers -------------------------------------------------------------------------

  /** Nothing may be skipped here: a socket that cannot keep up is closed instead. */
  pause(): undefined {
    return undefined
  }

  resume(): void {
    // Never paused.
  }
}
