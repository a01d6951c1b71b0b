// `lot:` channels. Each publication carries the whole public state, so the newest alone suffices:
// whoever comes back gets one at most, and whoever reads slowly skips to it.

import type { Presence } from '../../platform/presence/presence.ts'
import type { LotSnapshot, LotView, PublicBid } from '../../protocol/auction.ts'
import { lotChannel } from '../../protocol/channels.ts'
import type { Codec, Encoded } from '../../protocol/codec.ts'
import type { LotEvent } from '../../protocol/engine.ts'
import type { Publication, SubscribeResult } from '../../protocol/frames.ts'
import { healedStatesMax, snapshotBidsMax } from '../limits.ts'
import type { EventSource, Unlisten } from '../ports/event-source.ts'
import type { LotBook } from '../ports/lot-book.ts'
import { type Attach, type Found, WatchedChannel, type WatchedContext } from './channel.ts'
import type { RecoverFrom, Subscriber } from './subscriber.ts'

export interface LotChannelContext extends WatchedContext {
  readonly events: EventSource
  readonly lotBook: LotBook
  readonly presence: Presence
}

/** The state at `seq`, with the bids that led to it. */
interface Snapshot {
  readonly seq: number
  readonly view: LotView
  readonly bids: readonly PublicBid[]
}

/** The subscribers that speak one codec: what is published is encoded once for all of them. */
interface Audience {
  readonly codec: Codec
  readonly topic: string
  size: number
  /** The newest publication as `codec` writes it, once somebody needed it alone. */
  newest: Encoded | undefined
}

/** Snapshots are read again where the stream overtook the reading, but not for ever. */
const snapshotReadsMax = 3

export class LotChannel extends WatchedChannel<LotEvent, LotChannelContext> {
  readonly #lotId: string
  readonly #subscribers = new Set<Subscriber>()
  #audiences: readonly Audience[] = []
  /** The fencing epoch of the owner heard last. */
  #epoch = 0
  #snapshot: Snapshot | undefined
  /** The event at the head; undefined until one was told or somebody needed it. */
  #newest: LotEvent | undefined
  #reading: Promise<void> | undefined
  /** Something was published since the last sweep. */
  #hasPublished = false

  constructor(lotId: string, context: LotChannelContext) {
    super(lotChannel(lotId), context)
    this.#lotId = lotId
  }

  protected get phase(): 'state' {
    return 'state'
  }

  protected get subscriberCount(): number {
    return this.#subscribers.size
  }

  // ---- the stream ---------------------------------------------------------------------------

  protected listen(): Promise<Unlisten> {
    return this.context.events.listenLot(this.#lotId, ({ epoch, events }) => {
      if (epoch < this.#epoch) {
        this.context.metrics.stale.inc(events.length)
        return
      }
      this.#epoch = epoch
      this.arrive(events)
    })
  }

  protected async load(): Promise<number | undefined> {
    const record = await this.context.lotBook.lot(this.#lotId)
    if (record === undefined) return undefined
    const { view, bids } = record
    this.#snapshot = { seq: view.seq, view, bids }
    return view.seq
  }

  protected async storedSeq(): Promise<number> {
    const record = await this.context.lotBook.lot(this.#lotId)
    return record?.view.seq ?? 0
  }

  /** At most the newest few; the first of them stands for whatever lies before. */
  protected async missed(seq: number): Promise<readonly LotEvent[]> {
    const range = { limit: healedStatesMax, reverse: true }
    const newest = await this.context.lotBook.publications(this.#lotId, range)
    const events = newest.filter((event) => event.seq > seq).toReversed()
    const [first, ...rest] = events
    if (first === undefined || first.seq === seq + 1) return events
    return [this.bridge(first, seq), ...rest]
  }

  protected firstSeq({ seq, publication }: LotEvent): number {
    return publication.fromSeq ?? seq
  }

  protected bridge({ seq, publication }: LotEvent, after: number): LotEvent {
    return { seq, publication: { ...publication, fromSeq: after + 1 } }
  }

  protected tell(events: readonly LotEvent[]): void {
    for (const audience of this.#audiences) {
      const { codec, topic } = audience
      audience.newest = undefined
      if (audience.size === 0) continue
      const messages = events.map((event) => codec.encode(this.#push(event)))
      this.context.publish(topic, codec.frame(messages), codec.binary)
    }
    this.#hasPublished = true
    this.context.attend(this)
    this.context.metrics.published.inc({ class: 'state' }, events.length)
    for (const event of events) this.#advance(event)
  }

  #push({ seq, publication }: LotEvent) {
    const pub: Publication = { offset: seq, data: publication }
    return { push: { channel: this.name, pub } }
  }

  /**
   * Carries the snapshot along, where the event says all about the bids: bids that were conflated or
   * taken back are read from the store, once somebody asks.
   */
  #advance(event: LotEvent): void {
    const { seq, publication } = event
    const { bid, type, lot } = publication
    const before = this.#snapshot
    this.#newest = event
    if (before?.seq !== seq - 1 || this.firstSeq(event) !== seq || type === 'bid_retracted') return
    const bids = bid === undefined ? before.bids : [bid, ...before.bids].slice(0, snapshotBidsMax)
    this.#snapshot = { seq, view: lot, bids }
  }

  // ---- joining ------------------------------------------------------------------------------

  protected async prepare(subscriber: Subscriber, from: RecoverFrom): Promise<Attach> {
    const [there, standing] = await Promise.all([
      this.context.presence.counts(this.name),
      this.#standing(subscriber),
      this.#readSnapshot(),
      from.recover === true ? this.#readNewest() : undefined,
    ])
    return () => {
      const snapshot = this.#snapshot
      if (snapshot === undefined) return undefined
      const { seq, view, bids } = snapshot
      this.#put(subscriber)
      const data: LotSnapshot = {
        lot: view,
        bids,
        // Whoever joins is a watcher too, and was counted before it was one.
        watchers: there.clients + 1,
        ...(standing === undefined
          ? {}
          : // Told by the same state as the rest, or the two might contradict each other.
            { you: { ...standing, leading: standing.alias === view.leader } }),
      }
      return { ...this.positionAt(seq), ...this.#recovered(from, seq), data }
    }
  }

  async #standing({ identity }: Subscriber) {
    if (identity === undefined || this.#snapshot?.view.bidCount === 0) return undefined
    return await this.context.lotBook.standing(this.#lotId, identity.userId)
  }

  /** One reading for all who wait. */
  async #readSnapshot(): Promise<void> {
    for (let reads = 0; reads < snapshotReadsMax && this.#snapshot?.seq !== this.head; reads += 1) {
      this.#reading ??= this.#readBids().finally(() => {
        this.#reading = undefined
      })
      await this.#reading
    }
  }

  async #readBids(): Promise<void> {
    const newest = this.#newest
    if (newest === undefined) return
    const page = { before: newest.seq + 1, limit: snapshotBidsMax }
    const { items } = await this.context.lotBook.bids(this.#lotId, page)
    const bids = items.map(({ alias, amount, kind, at }) => ({ alias, amount, kind, at }))
    // Where the stream has gone on, this is the newest complete state there is.
    if (newest.seq > (this.#snapshot?.seq ?? -1)) {
      this.#snapshot = { seq: newest.seq, view: newest.publication.lot, bids }
    }
  }

  async #readNewest(): Promise<void> {
    if (this.#newest !== undefined || this.head === 0) return
    const range = { from: this.head + 1, limit: 1, reverse: true }
    const [newest] = await this.context.lotBook.publications(this.#lotId, range)
    // An event may have come meanwhile; it is newer.
    this.#newest ??= newest
  }

  /** The fields of recovery, and what the state at `seq` does not have yet. */
  #recovered(from: RecoverFrom, seq: number): Partial<SubscribeResult> {
    const newest = this.#newest
    const publications =
      newest === undefined ? [] : [{ offset: newest.seq, data: newest.publication }]
    const behind = seq < this.head
    if (from.recover !== true) return behind ? { publications } : {}
    const recovered = this.knows(from)
    const missed = behind || (recovered && (from.offset ?? 0) < this.head)
    const kind = missed ? 'state' : 'none'
    this.context.metrics.recoveries.inc({ kind: recovered ? kind : 'failed' })
    return { was_recovering: true, recovered, publications: missed ? publications : [] }
  }

  // ---- sockets ------------------------------------------------------------------------------

  /** A socket that does not take what topics tell it shows nowhere else. */
  override tick(nowMs: number): Found {
    if (this.#hasPublished) {
      this.#hasPublished = false
      for (const subscriber of this.#subscribers) subscriber.toldByTopic()
    }
    return super.tick(nowMs)
  }

  #put(subscriber: Subscriber): void {
    const audience = this.#audienceOf(subscriber.codec)
    this.#subscribers.add(subscriber)
    audience.size += 1
    subscriber.joinTopic(audience.topic)
    this.context.presence.join(this.name, subscriber)
  }

  protected detach(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber)) return
    const audience = this.#audienceOf(subscriber.codec)
    audience.size -= 1
    subscriber.leaveTopic(audience.topic)
    this.context.presence.leave(this.name, subscriber.client)
  }

  #audienceOf(codec: Codec): Audience {
    const known = this.#audiences.find((audience) => audience.codec === codec)
    if (known !== undefined) return known
    const topic = `${this.name}#${codec.name}`
    const audience: Audience = { codec, topic, size: 0, newest: undefined }
    this.#audiences = [...this.#audiences, audience]
    return audience
  }

  pause(subscriber: Subscriber): number | undefined {
    if (!this.#subscribers.has(subscriber)) return undefined
    subscriber.leaveTopic(this.#audienceOf(subscriber.codec).topic)
    return this.head
  }

  resume(subscriber: Subscriber, seq: number): void {
    if (!this.#subscribers.has(subscriber)) return
    const audience = this.#audienceOf(subscriber.codec)
    subscriber.joinTopic(audience.topic)
    const newest = this.#newest
    if (newest === undefined || newest.seq <= seq) return
    // Below zero is who may have lost anything.
    const told = Math.max(0, seq)
    if (this.firstSeq(newest) > told + 1) {
      // Only this socket skips just these, so that is encoded for it alone.
      subscriber.push(audience.codec.encode(this.#push(this.bridge(newest, told))))
      return
    }
    audience.newest ??= audience.codec.encode(this.#push(newest))
    subscriber.push(audience.newest)
  }
}
