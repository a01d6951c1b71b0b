// The channels somebody here watches: one event in, many sockets out, encoded once.

import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import type { Registry } from '../../platform/metrics.ts'
import type { Presence } from '../../platform/presence/presence.ts'
import type { Channel } from '../../protocol/channels.ts'
import type { ErrorObject } from '../../protocol/errors.ts'
import type { SubscribeResult } from '../../protocol/frames.ts'
import type { EventSource } from '../ports/event-source.ts'
import type { LotBook } from '../ports/lot-book.ts'
import type { UserFeed } from '../ports/user-feed.ts'
import type { Publish, Subscriber } from './subscriber.ts'
import type { Turn } from './turn.ts'

export interface HubOptions {
  readonly events: EventSource
  readonly lotBook: LotBook
  readonly userFeed: UserFeed
  readonly presence: Presence
  readonly turn: Turn
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  /** The epoch of every stream of this database (`deployment.stream_epoch`). */
  readonly streamEpoch: string
}

/** Where a client says it was. */
export interface RecoverFrom {
  readonly recover?: boolean | undefined
  readonly epoch?: string | undefined
  readonly offset?: number | undefined
}

export type SubscribeOutcome =
  | { readonly result: SubscribeResult }
  | { readonly error: ErrorObject }

export interface Hub extends Part {
  /**
   * Puts the socket on the channel. When the promise resolves with a result the socket is on it, and
   * the reply must be put into the socket's outbox before the turn ends. Never throws: an unknown
   * channel (a draft is unknown to all but its seller) is error 102, a failing store error 100.
   */
  subscribe(subscriber: Subscriber, channel: Channel, from: RecoverFrom): Promise<SubscribeOutcome>
  /** Takes the socket off the channel, also where `subscribe` is still pending. Safe to call twice. */
  unsubscribe(subscriber: Subscriber, channelName: string): void
  /** The edge tells how frames reach the sockets of a topic. */
  publishBy(publish: Publish): void
}

export declare function createHub(options: HubOptions): Hub
