// The channels somebody here watches: one event in, many sockets out, encoded once.
import type { Clock } from '../../platform/clock.ts'
import type { ConnectionCounts } from '../../platform/connections/connection-counts.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import type { Registry } from '../../platform/metrics.ts'
import type { Presence } from '../../platform/presence/presence.ts'
import { type Channel, userChannel } from '../../protocol/channels.ts'
import type { BlockChange } from '../../protocol/chat-store.ts'
import type { Identity } from '../../protocol/identity.ts'
import type { UserEvents } from '../../protocol/notifications.ts'
import type { ChatAir } from '../ports/chat-air.ts'
import type { ConversationCard } from '../ports/chat-book.ts'
import type { EventSource, Unlisten } from '../ports/event-source.ts'
import type { LotBook } from '../ports/lot-book.ts'
import type { UserFeed } from '../ports/user-feed.ts'
import { BlockChanges } from './block-changes.ts'
import type { Swept } from './channel.ts'
import { ChatChannel, type ChatChannelContext } from './chat-channel.ts'
import type { ChatChannelBook } from './chat-reader.ts'
import { LotChannel, type LotChannelContext } from './lot-channel.ts'
import { createFanoutMetrics } from './metrics.ts'
import type { Publish, SubscribeOptions, SubscribeOutcome, Subscriber } from './subscriber.ts'
import { Sweeper } from './sweeper.ts'
import type { Turn } from './turn.ts'
import { UserChannel, type UserChannelContext } from './user-channel.ts'

export interface HubOptions {
  readonly events: EventSource
  readonly lotBook: LotBook
  readonly userFeed: UserFeed
  readonly chatBook: ChatChannelBook
  readonly chatAir: ChatAir
  /** Whether somebody may know who is in a room; how many there are everybody may. */
  readonly seesVisitors: (identity: Identity | undefined, room: ConversationCard) => boolean
  readonly presence: Presence
  readonly connectionCounts: ConnectionCounts
  readonly turn: Turn
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  /** The epoch of every stream of this database (`deployment.stream_epoch`). */
  readonly streamEpoch: string
}

export interface Hub extends Part {
  /**
   * Puts the socket on the channel, once. When the promise resolves with a result the socket is on
   * it, and the reply must be in the socket's outbox before the turn ends. Never rejects: a channel
   * that is not there is error 102, a failing store error 100. Whether the socket may is not asked.
   */
  subscribe(
    subscriber: Subscriber,
    channel: Channel,
    options: SubscribeOptions,
  ): Promise<SubscribeOutcome>
  /** Takes the socket off the channel, also where `subscribe` is still pending. Safe to call twice. */
  unsubscribe(subscriber: Subscriber, channelName: string): void
  /**
   * Has a socket that reads slowly leave the fan-out of a state channel until `resume`. Answers the
   * newest seq the socket was told; undefined where nothing may be skipped, or it is not on the channel.
   */
  pause(subscriber: Subscriber, channelName: string): number | undefined
  /** Tells the newest state, where it is newer than `seq`, and takes the socket back. */
  resume(subscriber: Subscriber, channelName: string, seq: number): void
  /**
   * The bus was away and is back: every channel is compared with the store within a sweep, since what was
   * said meanwhile is lost and, where nothing follows, would not be missed.
   */
  resync(): void
  /** The edge tells how frames reach the sockets of a topic. Until then nothing is published. */
  publishBy(publish: Publish): void
}

const nowhere: Publish = () => {}

type AnyChannel = LotChannel | UserChannel | ChatChannel

export function createHub(options: HubOptions): Hub {
  const { clock, log } = options
  const channels = new Map<string, AnyChannel>()
  const metrics = createFanoutMetrics(options.metrics, () => channels.size)
  let publish = nowhere
  let unlisten: readonly Unlisten[] = []
  const blocks = new BlockChanges()
  const sweeper = new Sweeper({ channels, clock, log })
  const context = {
    ...options,
    metrics,
    blocks,
    publish: (...said: Parameters<Publish>) => publish(...said),
    attend: (channel: Swept) => sweeper.attend(channel),
  }

  function channelOf(channel: Channel): AnyChannel {
    const known = channels.get(channel.name)
    if (known !== undefined) return known
    const made = makeChannel(channel, context)
    channels.set(made.name, made)
    return made
  }

  /** Rare, so that every conversation may look whether it is concerned. */
  function blocksChanged(change: BlockChange): void {
    blocks.note(change)
    for (const channel of channels.values()) {
      if (channel instanceof ChatChannel) channel.blocksChanged(change)
    }
  }

  function userToldOf(events: UserEvents): void {
    const channel = channels.get(userChannel(events.userId))
    if (channel instanceof UserChannel) channel.hear(events)
  }

  return {
    name: 'fan-out',
    start: async () => {
      const { events } = options
      unlisten = [await events.listenBlocks(blocksChanged), await events.hearUsers(userToldOf)]
      sweeper.start()
    },
    drain: async () => {},
    stop: async () => {
      sweeper.stop()
      for (const end of unlisten) end()
      for (const channel of channels.values()) channel.close()
      channels.clear()
    },
    subscribe: (subscriber, channel, wish) => channelOf(channel).subscribe(subscriber, wish),
    unsubscribe: (subscriber, name) => channels.get(name)?.unsubscribe(subscriber),
    pause: (subscriber, name) => channels.get(name)?.pause(subscriber),
    resume: (subscriber, name, seq) => channels.get(name)?.resume(subscriber, seq),
    resync: () => sweeper.compareAll(),
    publishBy: (how) => {
      publish = how
    },
  }
}

function makeChannel(
  channel: Channel,
  context: LotChannelContext & UserChannelContext & ChatChannelContext,
): AnyChannel {
  switch (channel.kind) {
    case 'lot':
      return new LotChannel(channel.lotId, context)
    case 'user':
      return new UserChannel(channel.userId, context)
    case 'chat':
      return new ChatChannel(channel.conversationId, context)
  }
}
