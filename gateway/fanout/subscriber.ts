// A socket and the air between, as the fan-out sees them. The edge provides both.
import type { PresenceEntry } from '../../platform/presence/presence.ts'
import type { Codec, Encoded } from '../../protocol/codec.ts'
import type { ErrorObject } from '../../protocol/errors.ts'
import type { SubscribeResult } from '../../protocol/frames.ts'
import type { Identity } from '../../protocol/identity.ts'

export interface Subscriber extends PresenceEntry {
  /** Undefined for an anonymous watcher. */
  readonly identity: Identity | undefined
  readonly codec: Codec
  /** From now on the socket gets what is published on `topic`. A closed socket ignores it. */
  joinTopic(topic: string): void
  leaveTopic(topic: string): void
  /**
   * Within a sweep after something was published on its topics, which nobody hands to it: whether it takes what
   * it gets has to be looked at.
   */
  toldByTopic(): void
  /**
   * Puts one message behind the replies due in this turn. It is never skipped: a socket that cannot
   * take it is closed and recovers by offset.
   */
  push(message: Encoded): void
  /** As `push`, for what is of the moment: dropped where the socket lags behind. */
  offer(message: Encoded): void
}

/** Hands one frame to every socket that joined `topic`. */
export type Publish = (topic: string, frame: Encoded, binary: boolean) => void

/** Where a client says it was. */
export interface RecoverFrom {
  readonly recover?: boolean | undefined
  readonly epoch?: string | undefined
  readonly offset?: number | undefined
}

/** What a client asks for besides the channel's name. */
export interface SubscribeOptions extends RecoverFrom {
  /** Tell it who joins and who leaves. */
  readonly joinLeave?: boolean | undefined
}

export type SubscribeOutcome =
  /** `channel` is the fan-out's own copy of the name, for all its sockets to share. */
  { readonly result: SubscribeResult; readonly channel: string } | { readonly error: ErrorObject }
