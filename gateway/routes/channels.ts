// What may be asked of a channel besides its stream: may I subscribe, its history, who is there.

import type { Presence } from '../../platform/presence/presence.ts'
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
import type { LotVisibility } from './visible-lot.ts'

export interface ChannelRoutesOptions {
  readonly maySee: LotVisibility
  readonly book: LotBook
  readonly feed: UserFeed
  readonly presence: Presence
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
  publish(caller: Caller, channel: string): Answer<Record<string, never>>
}

type Verb = 'subscribe' | 'history' | 'presence' | 'presence_stats'

/** A stream's newest offset and how to read it: what lots and users have in common. */
interface Stream {
  readonly head: number
  read(range: StreamRange): Promise<readonly Publication[]>
}

export function createChannelRoutes(options: ChannelRoutesOptions): ChannelRoutes {
  return {
    maySubscribe: async (caller, channel, token) =>
      await maySubscribe(options, caller, channel, token),
    history: async (caller, params) => await history(options, caller, params),
    presence: async (caller, channel) => await presence(options, caller, channel),
    presenceStats: async (caller, channel) => await presenceStats(options, caller, channel),
    publish: (caller, name) => {
      const channel = parseChannel(name)
      if (channel === undefined) return { error: errorObject('unknown_channel') }
      const error = forbidden(`${channel.kind}.channel_publish`, caller.identity)
      return { error: errorObject(error ?? 'permission_denied') }
    },
  }
}

async function maySubscribe(
  options: ChannelRoutesOptions,
  caller: Caller,
  channel: Channel,
  token: string | undefined,
): Promise<ErrorObject | undefined> {
  const error = await access(options, caller.identity, channel, 'subscribe')
  if (error === undefined || token === undefined || token === '') return error
  return await admittedByToken(options.verifier, caller.identity, channel, token, error)
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

/** Undefined where the caller may. A lot that is not there and a draft of others are unknown alike. */
async function access(
  options: ChannelRoutesOptions,
  identity: Identity | undefined,
  channel: Channel,
  verb: Verb,
): Promise<ErrorObject | undefined> {
  const about: About = channel.kind === 'user' ? { userId: channel.userId } : {}
  const error = forbidden(`${channel.kind}.${verb}`, identity, about)
  if (error !== undefined) return errorObject(error)
  if (channel.kind !== 'lot') return undefined
  const visible = await options.maySee(identity, channel.lotId)
  return visible ? undefined : errorObject('unknown_channel')
}

async function history(
  options: ChannelRoutesOptions,
  { identity }: Caller,
  params: CommandParams<'history'>,
): Promise<Answer<HistoryResult>> {
  const channel = parseChannel(params.channel)
  if (channel === undefined) return { error: errorObject('unknown_channel') }
  const error = await access(options, identity, channel, 'history')
  if (error !== undefined) return { error }
  const { since, reverse = false } = params
  const epoch = options.streamEpoch
  if (since?.epoch !== undefined && since.epoch !== '' && since.epoch !== epoch) {
    return { error: errorObject('unrecoverable_position') }
  }
  const stream = await streamOf(options, channel)
  if (stream === undefined) return { error: errorObject('unknown_channel') }
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
  { book, feed }: ChannelRoutesOptions,
  channel: Channel,
): Promise<Stream | undefined> {
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
  const channel = parseChannel(name)
  if (channel === undefined) return { error: errorObject('unknown_channel') }
  const error = await access(options, identity, channel, 'presence')
  if (error !== undefined) return { error }
  const entries = await options.presence.list(name, presenceEntriesMax)
  const everybody = channel.kind === 'user' || forbidden('lot.see_watchers', identity) === undefined
  const there: [string, ClientInfo][] = entries.map(({ client, user }) => [
    client,
    { client, user: everybody || user === identity?.userId ? user : '' },
  ])
  return { result: { presence: Object.fromEntries(there) } }
}

async function presenceStats(
  options: ChannelRoutesOptions,
  { identity }: Caller,
  name: string,
): Promise<Answer<PresenceStatsResult>> {
  const channel = parseChannel(name)
  if (channel === undefined) return { error: errorObject('unknown_channel') }
  const error = await access(options, identity, channel, 'presence_stats')
  if (error !== undefined) return { error }
  const { clients, users } = await options.presence.counts(name)
  return { result: { num_clients: clients, num_users: users } }
}
