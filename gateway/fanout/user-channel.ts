// `user:` channels: the durable feed of one user, on all of its connections.

import type { Presence } from '../../platform/presence/presence.ts'
import { userChannel } from '../../protocol/channels.ts'
import type { FeedReadPublication } from '../../protocol/feed.ts'
import type { Publication } from '../../protocol/frames.ts'
import type { Notification, UserEvents } from '../../protocol/notifications.ts'
import { recoveredPublicationsMax } from '../limits.ts'
import type { EventSource, Unlisten } from '../ports/event-source.ts'
import type { UserFeed } from '../ports/user-feed.ts'
import type { Attach, WatchedContext } from './channel.ts'
import { DurableChannel } from './durable-channel.ts'
import { countOf, type Few, listOf, none, withItem, withoutItem } from './few.ts'
import type { RecoverFrom, Subscriber } from './subscriber.ts'
import { Wording } from './wording.ts'

export interface UserChannelContext extends WatchedContext {
  readonly events: EventSource
  readonly userFeed: UserFeed
  readonly presence: Presence
}

type BySeq = ReadonlyMap<number, Notification>

/** What says something else since it was told: messages were edited or deleted. */
interface Changes {
  readonly all: BySeq
  /** Those of them which go at the next look into the store. */
  readonly old: BySeq
}

const nothing: BySeq = new Map()
/** Shared, since most feeds change nothing that they told. */
const unchanged: Changes = { all: nothing, old: nothing }

export class UserChannel extends DurableChannel<Notification, UserChannelContext> {
  readonly #userId: string
  #subscribers: Few<Subscriber> = none
  #changes = unchanged

  constructor(userId: string, context: UserChannelContext) {
    super(userChannel(userId), context)
    this.#userId = userId
  }

  protected get subscriberCount(): number {
    return countOf(this.#subscribers)
  }

  protected listen(): Promise<Unlisten> {
    return this.context.events.listenUser(this.#userId)
  }

  /** What the user is told, from the bus. */
  hear({ events, changed = none, read }: UserEvents): void {
    this.arrive(events)
    if (changed.length > 0) this.change(changed)
    if (read !== undefined) {
      // With the publications of this turn, in the order in which both were heard.
      this.context.turn.enter('durable', { flush: () => this.tellRead(read) })
    }
  }

  /** Of the moment: it has no offset, and whoever comes later asks for its feed. */
  private tellRead(read: NonNullable<UserEvents['read']>): void {
    const data: FeedReadPublication = { type: 'notifications_read', ...read }
    const wording = new Wording(() => ({ push: { channel: this.name, pub: { data } } }))
    for (const subscriber of listOf(this.#subscribers)) {
      subscriber.offer(wording.in(subscriber.codec, undefined))
    }
  }

  protected load(): Promise<number> {
    return this.context.userFeed.head(this.#userId)
  }

  protected storedSeq(): Promise<number> {
    return this.context.userFeed.head(this.#userId)
  }

  protected read(from: number, limit: number): Promise<readonly Notification[]> {
    return this.context.userFeed.notifications(this.#userId, { from, limit, reverse: false })
  }

  /** Says nothing to anybody, but what memory tells later is what the notifications say now. */
  private change(changed: readonly Notification[]): void {
    const entries = changed.map((notification) => [notification.seq, notification] as const)
    const { all, old } = this.#changes
    this.#changes = { all: new Map([...all, ...entries].slice(-recoveredPublicationsMax)), old }
    this.tell(none)
  }

  /** What changed longer ago the store knows by now, and it may know of a later change that was not heard of. */
  protected override async recheck(): Promise<void> {
    await super.recheck()
    const { all, old } = this.#changes
    const recent = new Map([...all].filter(([seq, change]) => change !== old.get(seq)))
    this.#changes = recent.size === 0 ? unchanged : { all: recent, old: recent }
  }

  /** What is on its way when it changes, from the bus or from the store, is told as it is now too. */
  protected override renewed(events: readonly Notification[]): readonly Notification[] {
    const { all } = this.#changes
    if (all.size === 0) return events
    return events.map((event) => all.get(event.seq) ?? event)
  }

  protected deliver(events: readonly Notification[]): void {
    const due = events.map(
      (event) => new Wording(() => ({ push: { channel: this.name, pub: publication(event) } })),
    )
    for (const subscriber of listOf(this.#subscribers)) {
      for (const wording of due) subscriber.push(wording.in(subscriber.codec, undefined))
    }
  }

  protected async prepare(subscriber: Subscriber, from: RecoverFrom): Promise<Attach> {
    const stored = await this.readStored(from)
    return () => {
      this.#subscribers = withItem(this.#subscribers, subscriber)
      // Itself, which presence keeps: an entry of its own would take 40 bytes.
      this.context.presence.join(this.name, subscriber)
      return { ...this.positionAt(this.head), ...this.recovered(from, stored, publication) }
    }
  }

  protected detach(subscriber: Subscriber): void {
    if (!listOf(this.#subscribers).includes(subscriber)) return
    this.#subscribers = withoutItem(this.#subscribers, subscriber)
    this.context.presence.leave(this.name, subscriber.client)
  }
}

const publication = (event: Notification): Publication => ({ offset: event.seq, data: event })
