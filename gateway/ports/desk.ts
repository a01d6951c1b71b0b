// What a connection asks of the rest of the gateway. The edge calls these when the session says so;
// `routes/` answers them. None of them throws.
import type { Channel } from '../../protocol/channels.ts'
import type { CloseName } from '../../protocol/close-codes.ts'
import type { ErrorObject } from '../../protocol/errors.ts'
import type {
  CommandParams,
  HistoryResult,
  PresenceResult,
  PresenceStatsResult,
} from '../../protocol/frames.ts'
import type { Identity } from '../../protocol/identity.ts'

/** Whoever is at the other end of a socket (or of an HTTP request). */
export interface Caller {
  /** The connection's id, a UUID. */
  readonly client: string
  /** Undefined for an anonymous watcher. */
  readonly identity: Identity | undefined
  readonly address: string
  /** Where the client found this gateway: scheme and host. Undefined where it named none. */
  readonly origin: string | undefined
}

export type Answer<T> = { readonly result: T } | { readonly error: ErrorObject }

export type Admission =
  /** Undefined identity: an anonymous watcher is let in. */
  | { readonly admitted: true; readonly identity: Identity | undefined; readonly data: unknown }
  /** With `error` the socket stays open for another try (109 token expired); with `close` it ends. */
  | { readonly admitted: false; readonly error: ErrorObject }
  | { readonly admitted: false; readonly close: CloseName }

export interface Desk {
  /** The `connect` and `refresh` commands: who is this? `data` is the connect reply's `data`. */
  admit(token: string | undefined, address: string): Promise<Admission>
  /** May `caller` subscribe? Undefined where it may, also for a channel that does not exist. */
  maySubscribe(
    caller: Caller,
    channel: Channel,
    token: string | undefined,
  ): Promise<ErrorObject | undefined>
  history(caller: Caller, params: CommandParams<'history'>): Promise<Answer<HistoryResult>>
  presence(caller: Caller, params: CommandParams<'presence'>): Promise<Answer<PresenceResult>>
  presenceStats(
    caller: Caller,
    params: CommandParams<'presence_stats'>,
  ): Promise<Answer<PresenceStatsResult>>
  publish(caller: Caller, params: CommandParams<'publish'>): Promise<Answer<Record<string, never>>>
  rpc(caller: Caller, params: CommandParams<'rpc'>): Promise<Answer<{ readonly data: unknown }>>
}
