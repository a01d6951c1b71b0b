// The objects of the Centrifuge client protocol, version 2: commands from the client, replies and
// pushes from the server. Encodings (JSON, MessagePack) are in `codec.ts`; both carry these objects.
// Source: `client.proto` of centrifugal/protocol and "Client protocol" in the Centrifugo documentation.
import { z } from 'zod'
import { channelNameCharactersMax } from './channels.ts'
import type { ErrorObject } from './errors.ts'

const ChannelName = z.string().min(1).max(channelNameCharactersMax)
const Offset = z.number().int().min(0)
/** Free-form strings a client may tell about itself. */
const Label = z.string().max(128)
const Token = z.string().max(3_500)

const StreamPosition = z.object({
  offset: Offset.optional(),
  epoch: z.string().max(64).optional(),
})

const ConnectParams = z.object({
  token: Token.optional(),
  data: z.unknown().optional(),
  name: Label.optional(),
  version: Label.optional(),
  subs: z
    .record(ChannelName, StreamPosition.extend({ recover: z.boolean().optional() }))
    .optional(),
})
const RefreshParams = z.object({ token: Token })
const SubscribeParams = StreamPosition.extend({
  channel: ChannelName,
  recover: z.boolean().optional(),
  positioned: z.boolean().optional(),
  recoverable: z.boolean().optional(),
  join_leave: z.boolean().optional(),
  token: Token.optional(),
  data: z.unknown().optional(),
})
const UnsubscribeParams = z.object({ channel: ChannelName })
const PublishParams = z.object({ channel: ChannelName, data: z.unknown() })
const HistoryParams = z.object({
  channel: ChannelName,
  limit: z.number().int().min(0).optional(),
  since: StreamPosition.optional(),
  reverse: z.boolean().optional(),
})
const PresenceParams = z.object({ channel: ChannelName })
const RpcParams = z.object({
  method: z.string().min(1).max(64),
  data: z.unknown().optional(),
})
const SendParams = z.object({ data: z.unknown().optional() })

/** The schema of each command's own field; the key is the field's name on the wire. */
export const COMMAND_PARAMS = {
  connect: ConnectParams,
  refresh: RefreshParams,
  subscribe: SubscribeParams,
  unsubscribe: UnsubscribeParams,
  publish: PublishParams,
  history: HistoryParams,
  presence: PresenceParams,
  presence_stats: PresenceParams,
  rpc: RpcParams,
  send: SendParams,
} as const

export type CommandName = keyof typeof COMMAND_PARAMS
export type CommandParams<N extends CommandName> = z.output<(typeof COMMAND_PARAMS)[N]>

/** A checked command: `{"id":3,"rpc":{…}}` on the wire is `{ id: 3, name: 'rpc', params: … }` here. */
export type CommandOf<N extends CommandName> = {
  readonly id: number
  readonly name: N
  readonly params: CommandParams<N>
}

/** What a frame may hold: a command, the answer to a ping, or a command whose fields do not fit. */
export type ClientMessage =
  | { [N in CommandName]: CommandOf<N> }[CommandName]
  | { readonly name: 'pong' }
  | { readonly name: 'invalid'; readonly id: number; readonly detail: string }

/** One publication as clients get it. Without an offset it is volatile. */
export interface Publication {
  readonly offset?: number
  readonly data: unknown
}

export interface ClientInfo {
  readonly user: string
  readonly client: string
  readonly conn_info?: unknown
}

export interface SubscribeResult {
  readonly recoverable?: boolean
  readonly positioned?: boolean
  readonly epoch?: string
  readonly offset?: number
  readonly publications?: readonly Publication[]
  readonly recovered?: boolean
  readonly was_recovering?: boolean
  readonly data?: unknown
}

export interface ConnectResult {
  readonly client: string
  readonly version: string
  readonly node: string
  /** The server's clock, epoch milliseconds. */
  readonly time: number
  readonly expires: boolean
  /** Seconds the token still holds; 0 where it does not expire. */
  readonly ttl: number
  /** Seconds between the server's pings. */
  readonly ping: number
  readonly pong: true
  readonly subs: Readonly<Record<string, SubscribeResult>>
  readonly data: unknown
}

export interface RefreshResult {
  readonly client: string
  readonly version: string
  readonly expires: boolean
  readonly ttl: number
}

export interface HistoryResult {
  readonly publications: readonly Publication[]
  readonly epoch: string
  readonly offset: number
}

export interface PresenceResult {
  readonly presence: Readonly<Record<string, ClientInfo>>
}

export interface PresenceStatsResult {
  readonly num_clients: number
  readonly num_users: number
}

/** The result field of each command's reply, under the command's own name. */
export interface Results {
  readonly connect: ConnectResult
  readonly refresh: RefreshResult
  readonly subscribe: SubscribeResult
  readonly unsubscribe: Record<string, never>
  readonly publish: Record<string, never>
  readonly history: HistoryResult
  readonly presence: PresenceResult
  readonly presence_stats: PresenceStatsResult
  readonly rpc: { readonly data: unknown }
}

export type Reply =
  | {
      [N in keyof Results]: { readonly id: number } & { readonly [K in N]: Results[N] }
    }[keyof Results]
  | { readonly id: number; readonly error: ErrorObject }

export type Push = {
  readonly push:
    | { readonly channel: string; readonly pub: Publication }
    | { readonly channel: string; readonly join: { readonly info: ClientInfo } }
    | { readonly channel: string; readonly leave: { readonly info: ClientInfo } }
    | {
        readonly channel: string
        readonly unsubscribe: { readonly code: number; readonly reason: string }
      }
    | {
        readonly disconnect: {
          readonly code: number
          readonly reason: string
          readonly reconnect: boolean
          /** Come back at a random moment within so many ms, so that not all come at once. */
          readonly spreadMs?: number
        }
      }
}

/** The server's ping: an empty object. */
export type Ping = Record<string, never>

/** Everything a server may say. */
export type ServerMessage = Reply | Push | Ping
