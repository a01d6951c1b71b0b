// One connection, as values: what it is, what can happen to it, and what shall be done about it.
// `decide.ts` is the machine over these.
import type { Channel } from '../../protocol/channels.ts'
import type { CloseName } from '../../protocol/close-codes.ts'
import type { ErrorObject } from '../../protocol/errors.ts'
import type {
  ClientMessage,
  CommandOf,
  Reply,
  Results,
  ServerMessage,
  SubscribeResult,
} from '../../protocol/frames.ts'
import type { Identity } from '../../protocol/identity.ts'
import type { Rate } from './rate.ts'

/** What holds for all sessions of a process; one object shared by all of them. Times in ms. */
export interface SessionRules {
  readonly node: string
  readonly version: string
  readonly connectDeadlineMs: number
  readonly admissionDeadlineMs: number
  readonly firstFrameBytesMax: number
  readonly firstSubscribeBytesMax: number
  readonly pingIntervalMs: number
  readonly pongDeadlineMs: number
  readonly tokenGraceMs: number
  readonly drainAnswersMs: number
  readonly subscriptionsMax: number
  readonly heldCommandsMax: number
  readonly commands: Rate
  readonly errors: Rate
}

// ---- states ---------------------------------------------------------------------------------

interface Known {
  readonly rules: SessionRules
  /** The connection's id, a UUID. */
  readonly client: string
}

/** Open, and nothing heard from it yet (or its token was refused and it may try another). */
export interface AwaitingConnect extends Known {
  readonly state: 'awaiting_connect'
  readonly deadlineMs: number
}

interface BeingAdmitted extends Known {
  readonly connectId: number
  readonly deadlineMs: number
  /** When the client must have connected by, should it have to try again. */
  readonly connectByMs: number
  /** Said behind `connect` without waiting for its reply; answered once the session is live. */
  readonly waiting: readonly ClientMessage[]
  /** What an unknown client may still say, in bytes. */
  readonly bytesLeft: number
}

/** The token is being verified. */
export interface Authenticating extends BeingAdmitted {
  readonly state: 'authenticating'
  readonly positions: CommandOf<'connect'>['params']['subs']
}

/** The token holds; the user's own feed is being attached, since the connect reply tells its position. */
export interface Joining extends BeingAdmitted {
  readonly state: 'joining'
  readonly identity: Identity
  readonly data: unknown
}

export interface Live extends Known {
  readonly state: 'live'
  /** Undefined for an anonymous watcher. */
  readonly identity: Identity | undefined
  /** See `seconds.ts`. */
  readonly nextPingSeconds: number
  /** For the ping before the next one. */
  readonly owesPong: boolean
  /** Until when the commands, and the errors, said so far are paid for (`rate.ts`). */
  readonly commandsPaidMs: number
  readonly errorsPaidMs: number
  /** Calls begun and not yet answered. */
  readonly calls: number
  /** Channels the socket is on; the names are the fan-out's own strings. */
  readonly channels: readonly string[]
  /** Channels whose subscription is being made. */
  readonly pending: readonly string[]
  /** Commands on pending channels, in the order said. */
  readonly held: readonly ChannelCommand[]
}

/** Takes no more commands; leaves when the calls begun are answered, or at the deadline. */
export interface Draining extends Known {
  readonly state: 'draining'
  readonly identity: Identity | undefined
  readonly deadlineMs: number
  readonly spreadMs: number
  readonly calls: number
  readonly channels: readonly string[]
  readonly pending: readonly string[]
}

/** Closed by either end. Nothing follows. */
export interface Gone {
  readonly state: 'gone'
}

export type Session = AwaitingConnect | Authenticating | Joining | Live | Draining | Gone
export type StateName = Session['state']
export type SessionIn<S extends StateName> = Extract<Session, { readonly state: S }>

/** Commands that must not overtake a subscription being made on the same channel. */
export type ChannelCommand = CommandOf<'subscribe'> | CommandOf<'unsubscribe'>
/** Commands that are answered outside of the session. */
export type CallName = 'history' | 'presence' | 'presence_stats' | 'publish' | 'rpc'
export type CallCommand = { [N in CallName]: CommandOf<N> }[CallName]
export type CallAnswer =
  | { [N in CallName]: { readonly name: N; readonly result: Results[N] } }[CallName]
  | { readonly name: CallName; readonly error: ErrorObject }

// ---- inputs ---------------------------------------------------------------------------------

export type SessionInput =
  /** A frame that parsed, and how long it was. */
  | { readonly type: 'frame'; readonly messages: readonly ClientMessage[]; readonly bytes: number }
  | { readonly type: 'malformed' }
  /** A ping of the WebSocket protocol: as good as a pong. */
  | { readonly type: 'native_ping' }
  /** A token was good; `id` is the `connect` or `refresh` that brought it. */
  | {
      readonly type: 'admitted'
      readonly id: number
      readonly identity: Identity | undefined
      readonly data: unknown
    }
  | {
      readonly type: 'refused'
      readonly id: number
      readonly why: { readonly error: ErrorObject } | { readonly close: CloseName }
    }
  | {
      readonly type: 'subscribed'
      readonly id: number
      readonly channel: string
      readonly result: SubscribeResult
    }
  | {
      readonly type: 'subscribe_failed'
      readonly id: number
      readonly channel: string
      readonly error: ErrorObject
    }
  | { readonly type: 'answered'; readonly id: number; readonly answer: CallAnswer }
  | { readonly type: 'tick' }
  /** The gateway ends it: too slow a reader, a revoked token, a fault of our own. */
  | { readonly type: 'expelled'; readonly why: CloseName }
  | { readonly type: 'drain'; readonly spreadMs: number }
  /** The socket is closed already. */
  | { readonly type: 'closed' }

export type InputType = SessionInput['type']
export type InputOf<I extends InputType> = Extract<SessionInput, { readonly type: I }>

// ---- effects --------------------------------------------------------------------------------

export type Method = Exclude<ClientMessage['name'], 'pong'>

export type SessionEffect =
  /** Answers a command; `method` for the metrics. */
  | { readonly type: 'reply'; readonly method: Method; readonly message: Reply }
  /** A ping or a push. */
  | { readonly type: 'send'; readonly message: ServerMessage }
  /** Accepted without an answer. */
  | { readonly type: 'ignored'; readonly method: Method }
  | { readonly type: 'authenticate'; readonly id: number; readonly token: string | undefined }
  | {
      readonly type: 'subscribe'
      readonly id: number
      readonly channel: Channel
      readonly from: {
        readonly recover?: boolean | undefined
        readonly epoch?: string | undefined
        readonly offset?: number | undefined
      }
      /** Whether it wants to be told who joins and who leaves. */
      readonly joinLeave: boolean
      /** By the server for the user's own feed: no right is asked for. */
      readonly by: 'client' | 'server'
      readonly token: string | undefined
    }
  | { readonly type: 'unsubscribe'; readonly channel: string }
  | { readonly type: 'call'; readonly command: CallCommand }
  /** After whatever was sent before. */
  | { readonly type: 'close'; readonly why: CloseName }

export interface Step {
  readonly next: Session
  readonly effects: readonly SessionEffect[]
}
