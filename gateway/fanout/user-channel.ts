// `user:` channels: the durable feed of one user, on all of its connections. Nothing is ever skipped;
// what a client missed comes from memory, or from the store, in order.

import type { Presence } from '../../platform/presence/presence.ts'
import { userChannel } from '../../protocol/channels.ts'
import type { Codec, Encoded } from '../../protocol/codec.ts'
import type { Publication, SubscribeResult } from '../../protocol/frames.ts'
import type { Notification } from '../../protocol/notifications.ts'
import { recoveredPublicationsMax } from '../limits.ts'
import type { EventSource, Unlisten } from '../ports/event-source.ts'
import type { UserFeed } from '../ports/user-feed.ts'
import { type Attach, WatchedChannel } from './channel.ts'
import type { RecoveryKind } from './metrics.ts'
import type { StreamContext } from './stream.ts'
import type { RecoverFrom, Subscriber } from './subscriber.ts'

export interface UserChannelContext extends StreamContext {
  readonly events: EventSource
  readonly userFeed: UserFeed
  readonly presence: Presence
}

interface Missed {
  readonly kind: RecoveryKind
  readonly publications: readonly Publication[]
}

const none: readonly never[] = []

export class UserChannel extends WatchedChannel<Notification> {
  readonly #userId: string
  readonly #context: UserChannelContext
  /** One or two, nearly always. */
  #subscribers: readonly Subscriber[] = none
  /** What was told since the channel was loaded, the newest last; without a gap up to the head. */
  #ring: readonly Notification[] = none

  constructor(userId: string, context: UserChannelContext) {
    super(userChannel(userId), context)
    this.#userId = userId
    this.#context = context
  }

  protected get phase(): 'durable' {
    return 'durable'
  }

  protected get subscriberCount(): number {
    return this.#subscribers.length
  }

  protected listen(): Promise<Unlisten> {
    return this.#context.events.listenUser(this.#userId, ({ events }) => this.arrive(events))
  }

  protected load(): Promise<number> {
    return this.#context.userFeed.head(this.#userId)
  }

  protected storedSeq(): Promise<number> {
    return this.#context.userFeed.head(this.#userId)
  }

  protected async missed(seq: number): Promise<readonly Notification[]> {
    const missed: Notification[] = []
    for (;;) {
      const from = missed.at(-1)?.seq ?? seq
      const page = await this.#read(from, recoveredPublicationsMax)
      missed.push(...page)
      if (page.length < recoveredPublicationsMax) return missed
    }
  }

  #read(from: number, limit: number): Promise<readonly Notification[]> {
    return this.#context.userFeed.notifications(this.#userId, { from, limit, reverse: false })
  }

  protected firstSeq({ seq }: Notification): number {
    return seq
  }

  /** No notification stands for another. */
  protected bridge(): undefined {
    return undefined
  }

  protected tell(events: readonly Notification[]): void {
    const encoded = new Map<Codec, readonly Encoded[]>()
    for (const { codec } of this.#subscribers) {
      if (!encoded.has(codec))
        encoded.set(
          codec,
          events.map((event) => this.#encode(codec, event)),
        )
    }
    for (const subscriber of this.#subscribers) {
      for (const message of encoded.get(subscriber.codec) ?? none) subscriber.push(message)
    }
    this.#context.metrics.published.inc({ class: 'durable' }, events.length)
    this.#ring = [...this.#ring, ...events].slice(-recoveredPublicationsMax)
  }

  #encode(codec: Codec, event: Notification): Encoded {
    return codec.encode({ push: { channel: this.name, pub: publication(event) } })
  }

  // ---- joining ------------------------------------------------------------------------------

  protected async prepare(subscriber: Subscriber, from: RecoverFrom): Promise<Attach> {
    const stored = from.recover === true ? await this.#readStored(from) : none
    return () => {
      const user = subscriber.identity?.userId ?? ''
      this.#subscribers = this.#subscribers.concat([subscriber])
      this.#context.presence.join(this.name, { client: subscriber.client, user })
      return { ...this.positionAt(this.head), ...this.#recovered(from, stored) }
    }
  }

  /** What the ring does not reach back to. */
  async #readStored(from: RecoverFrom): Promise<readonly Notification[]> {
    const offset = from.offset ?? 0
    const wanted = this.head - offset
    const inReach = this.knows(from) && wanted > 0 && wanted <= recoveredPublicationsMax
    if (!inReach || this.#ringReaches(offset)) return none
    return await this.#read(offset, wanted)
  }

  #ringReaches(offset: number): boolean {
    return (this.#ring[0]?.seq ?? this.head + 1) <= offset + 1
  }

  #recovered(from: RecoverFrom, stored: readonly Notification[]): Partial<SubscribeResult> {
    if (from.recover !== true) return {}
    const missed = this.#missedSince(from, stored)
    this.#context.metrics.recoveries.inc({ kind: missed.kind })
    if (missed.kind === 'failed') return { was_recovering: true, recovered: false }
    return { was_recovering: true, recovered: true, publications: missed.publications }
  }

  /** All from the client's offset to the head, from the store first and then from the ring. */
  #missedSince(from: RecoverFrom, stored: readonly Notification[]): Missed {
    const offset = from.offset ?? 0
    if (!this.knows(from)) return failed
    if (offset === this.head) return { kind: 'none', publications: none }
    const readTo = stored.at(-1)?.seq ?? offset
    const events = [...stored, ...this.#ring.filter(({ seq }) => seq > readTo)]
    const complete = events.every(({ seq }, at) => seq === offset + 1 + at)
    if (!complete || events.at(-1)?.seq !== this.head) return failed
    if (events.length > recoveredPublicationsMax) return failed
    return { kind: stored.length > 0 ? 'store' : 'ring', publications: events.map(publication) }
  }

  protected detach(subscriber: Subscriber): void {
    if (!this.#subscribers.includes(subscriber)) return
    this.#subscribers = this.#subscribers.filter((other) => other !== subscriber)
    this.#context.presence.leave(this.name, subscriber.client)
  }

  /** Nothing may be skipped here: a socket that cannot keep up is closed instead. */
  pause(): undefined {
    return undefined
  }

  resume(): void {
    // Never paused.
  }
}

const failed: Missed = { kind: 'failed', publications: none }

const publication = (event: Notification): Publication => ({ offset: event.seq, data: event })
