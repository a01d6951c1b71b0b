// `user:` channels: the durable feed of one user, on all of its connections.

import type { Presence } from '../../platform/presence/presence.ts'
import { userChannel } from '../../protocol/channels.ts'
import type { Codec, Encoded } from '../../protocol/codec.ts'
import type { Publication } from '../../protocol/frames.ts'
import type { Notification } from '../../protocol/notifications.ts'
import type { EventSource, Unlisten } from '../ports/event-source.ts'
import type { UserFeed } from '../ports/user-feed.ts'
import type { Attach } from './channel.ts'
import { DurableChannel } from './durable-channel.ts'
import type { StreamContext } from './stream.ts'
import type { RecoverFrom, Subscriber } from './subscriber.ts'

export interface UserChannelContext extends StreamContext {
  readonly events: EventSource
  readonly userFeed: UserFeed
  readonly presence: Presence
}

const none: readonly never[] = []

export class UserChannel extends DurableChannel<Notification> {
  readonly #userId: string
  readonly #context: UserChannelContext
  /** One or two, nearly always. */
  #subscribers: readonly Subscriber[] = none

  constructor(userId: string, context: UserChannelContext) {
    super(userChannel(userId), context)
    this.#userId = userId
    this.#context = context
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

  protected read(from: number, limit: number): Promise<readonly Notification[]> {
    return this.#context.userFeed.notifications(this.#userId, { from, limit, reverse: false })
  }

  protected deliver(events: readonly Notification[]): void {
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
  }

  #encode(codec: Codec, event: Notification): Encoded {
    return codec.encode({ push: { channel: this.name, pub: publication(event) } })
  }

  protected async prepare(subscriber: Subscriber, from: RecoverFrom): Promise<Attach> {
    const stored = await this.readStored(from)
    return () => {
      const user = subscriber.identity?.userId ?? ''
      this.#subscribers = this.#subscribers.concat([subscriber])
      this.#context.presence.join(this.name, { client: subscriber.client, user })
      return { ...this.positionAt(this.head), ...this.recovered(from, stored, publication) }
    }
  }

  protected detach(subscriber: Subscriber): void {
    if (!this.#subscribers.includes(subscriber)) return
    this.#subscribers = this.#subscribers.filter((other) => other !== subscriber)
    this.#context.presence.leave(this.name, subscriber.client)
  }
}

const publication = (event: Notification): Publication => ({ offset: event.seq, data: event })
