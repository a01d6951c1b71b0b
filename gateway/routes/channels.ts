// What may be asked of a channel besides its stream: may I subscribe, its history, who is there.

import type { PresenceEntry } from '../../platform/presence/presence.ts'
import { type Channel, parseChannel } from '../../protocol/channels.ts'
import { type ErrorObject, errorObject } from '../../protocol/errors.ts'
import type {
  ClientInfo,
  CommandParams,
  HistoryResult,
  PresenceResult,
  PresenceStatsResult,
  Publication,
} from '../../protocol/frames.ts'
import type { Identity } from '../../protocol/identity.ts'
import { historyItemsMax, presenceEntriesMax } from '../limits.ts'
import type { Answer, Caller } from '../ports/desk.ts'
import type { LotBook, StreamRange } from '../ports/lot-book.ts'
import type { TokenVerifier } from '../ports/token-verifier.ts'
import type { UserFeed } from '../ports/user-feed.ts'
import { type About, forbidden } from './authorization.ts'
import {
  type ChatChannelOptions,
  chatPresence,
  chatPresenceCounts,
  chatStream,
  enterChat,
  publishTyping,
} from './chat/channel.ts'
import type { ConversationSeen } from './conversation-door.ts'
import type { LotVisibility } from './visible-lot.ts'

export interface ChannelRoutesOptions extends ChatChannelOptions {
  readonly maySee: LotVisibility
  readonly book: LotBook
  readonly feed: UserFeed
  readonly verifier: TokenVerifier
  readonly streamEpoch: string
}

export interface ChannelRoutes {
  maySubscribe(
    caller: Caller,
    channel: Channel,
    token: string | undefined,
  ): Promise<ErrorObject | undefined>
  history(caller: Caller, params: CommandParams<'history'>): Promise<Answer<HistoryResult>>
  presence(caller: Caller, channel: string): Promise<Answer<PresenceResult>>
  presenceStats(caller: Caller, channel: string): Promise<Answer<PresenceStatsResult>>
  publish(caller: Caller, params: CommandParams<'publish'>): Promise<Answer<Record<string, never>>>
}

type Verb = 'subscribe' | 'history' | 'presence' | 'presence_stats' | 'channel_publish'

/** A channel that the caller may use. */
type Entered =
  | Exclude<Channel, { readonly kind: 'chat' }>
  | ({ readonly kind: 'chat' } & ConversationSeen)
type Denied = { readonly error: ErrorObject }

/** A stream's newest offset and how to read it: what all channels have in common. */
interface Stream {
  readonly head: number
  read(range: StreamRange): Promise<readonly Publication[]>
}

const unknown: Denied = { error: errorObject('unknown_channel') }

export function createChannelRoutes(options: ChannelRoutesOptions): ChannelRoutes {
  return {
    maySubscribe: async (caller, channel, token) =>
      await maySubscribe(options, caller, channel, token),
    history: async (caller, params) => await history(options, caller, params),
    presence: async (caller, channel) => await presence(options, caller, channel),
    presenceStats: async (caller, channel) => await presenceStats(options, caller, channel),
    publish: async (caller, params) => await publish(options, caller, params),
  }
}

async function maySubscribe(
  options: ChannelRoutesOptions,
  caller: Caller,
  channel: Channel,
  token: string | undefined,
): Promise<ErrorObject | undefined> {
  const entered = await enter(options, caller.identity, channel, 'subscribe')
  if (!('error' in entered)) return undefined
  if (token === undefined || token === '') return entered.error
  return await admittedByToken(options.verifier, caller.identity, channel, token, entered.error)
}

/** Undefined where a subscription token opens what the caller's own rights do not. */
async function admittedByToken(
  verifier: TokenVerifier,
  identity: Identity | undefined,
  channel: Channel,
  token: string,
  otherwise: ErrorObject,
): Promise<ErrorObject | undefined> {
  const verdict = await verifier.verifySubscription(token)
  if (!verdict.valid) {
    if (verdict.fault === 'expired') return errorObject('token_expired')
    return verdict.fault === 'unavailable' ? errorObject('internal', verdict.says) : otherwise
  }
  const fits = verdict.channel === channel.name && verdict.userId === identity?.userId
  return fits ? undefined : otherwise
}

/**
 * The channel, where the caller may. What is not there and what is not the caller's to know of (a draft
 * of others, a conversation of others) are unknown alike.
 */
async function enter(
  options: ChannelRoutesOptions,
  identity: Identity | undefined,
  channel: Channel,
  verb: Verb,
): Promise<Entered | Denied> {
  const action = `${channel.kind}.${verb}` as const
  if (channel.kind === 'chat') {
    const seen = await enterChat(options, identity, channel.conversationId, action)
    return 'error' in seen ? seen : { kind: 'chat', ...seen }
  }
  const about: About = channel.kind === 'user' ? { userId: channel.userId } : {}
  const error = forbidden(action, identity, about)
  if (error !== undefined) return { error: errorObject(error) }
  if (channel.kind !== 'lot') return channel
  return (await options.maySee(identity, channel.lotId)) ? channel : unknown
}

/** As `enter`, by the channel's name. */
async function enterNamed(
  options: ChannelRoutesOptions,
  identity: Identity | undefined,
  name: string,
  verb: Verb,
): Promise<Entered | Denied> {
  const channel = parseChannel(name)
  return channel === undefined ? unknown : await enter(options, identity, channel, verb)
}

async function history(
  options: ChannelRoutesOptions,
  { identity }: Caller,
  params: CommandParams<'history'>,
): Promise<Answer<HistoryResult>> {
  const channel = await enterNamed(options, identity, params.channel, 'history')
  if ('error' in channel) return channel
  const { since, reverse = false } = params
  const epoch = options.streamEpoch
  if (since?.epoch !== undefined && since.epoch !== '' && since.epoch !== epoch) {
    return { error: errorObject('unrecoverable_position') }
  }
  const stream = await streamOf(options, identity, channel)
  if (stream === undefined) return unknown
  // As in the protocol's other servers, no limit asks for the position alone.
  const limit = Math.min(params.limit ?? 0, historyItemsMax)
  const from = since?.offset
  const range = { limit, reverse, ...(from === undefined ? {} : { from }) }
  const publications = limit === 0 ? [] : await stream.read(range)
  // What was committed between the two readings moves the head along.
  const offset = publications.reduce((max, { offset: at = 0 }) => Math.max(max, at), stream.head)
  return { result: { publications, epoch, offset } }
}

async function streamOf(
  options: ChannelRoutesOptions,
  identity: Identity | undefined,
  channel: Entered,
): Promise<Stream | undefined> {
  const { book, feed } = options
  if (channel.kind === 'chat') return await chatStream(options, identity, channel.ticket)
  if (channel.kind === 'user') {
    const { userId } = channel
    return {
      head: await feed.head(userId),
      read: async (range) => {
        const notifications = await feed.notifications(userId, range)
        return notifications.map((data) => ({ offset: data.seq, data }))
      },
    }
  }
  const { lotId } = channel
  const lot = await book.lot(lotId)
  if (lot === undefined) return undefined
  return {
    head: lot.view.seq,
    read: async (range) => {
      const events = await book.publications(lotId, range)
      return events.map(({ seq, publication }) => ({ offset: seq, data: publication }))
    },
  }
}

async function presence(
  options: ChannelRoutesOptions,
  { identity }: Caller,
  name: string,
): Promise<Answer<PresenceResult>> {
  const channel = await enterNamed(options, identity, name, 'presence')
  if ('error' in channel) return channel
  const entries = await entriesOf(options, identity, channel)
  if ('error' in entries) return entries
  const everybody = channel.kind !== 'lot' || forbidden('lot.see_watchers', identity) === undefined
  const there: [string, ClientInfo][] = entries.map(({ client, user }) => [
    client,
    { client, user: everybody || user === identity?.userId ? user : '' },
  ])
  return { result: { presence: Object.fromEntries(there) } }
}

async function entriesOf(
  options: ChannelRoutesOptions,
  identity: Identity | undefined,
  channel: Entered,
): Promise<readonly PresenceEntry[] | Denied> {
  if (channel.kind === 'chat') return await chatPresence(options, identity, channel)
  return await options.presence.list(channel.name, presenceEntriesMax)
}

async function presenceStats(
  options: ChannelRoutesOptions,
  { identity }: Caller,
  name: string,
): Promise<Answer<PresenceStatsResult>> {
  const channel = await enterNamed(options, identity, name, 'presence_stats')
  if ('error' in channel) return channel
  const { clients, users } =
    channel.kind === 'chat'
      ? await chatPresenceCounts(options, identity, channel.ticket)
      : await options.presence.counts(channel.name)
  return { result: { num_clients: clients, num_users: users } }
}

async function publish(
  options: ChannelRoutesOptions,
  { identity }: Caller,
  { channel: name, data }: CommandParams<'publish'>,
): Promise<Answer<Record<string, never>>> {
  const channel = await enterNamed(options, identity, name, 'channel_publish')
  if ('error' in channel) return channel
  // No other channel takes what clients say.
  if (channel.kind !== 'chat' || identity === undefined) {
    return { error: errorObject('permission_denied') }
  }
  const error = await publishTyping(options, identity, channel, data)
  return error === undefined ? { result: {} } : { error }
}
