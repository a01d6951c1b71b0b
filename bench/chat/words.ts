// What this bench and the process of its talkers say to each other.
import type { Failed } from '../peers/obey.ts'

export interface JoinOrder {
  /** `http://host:port` of the server. */
  readonly url: string
  /** By which the talkers' tokens are signed. */
  readonly secret: string
  readonly talkers: number
  /** They take turns in them. */
  readonly conversationIds: readonly string[]
  readonly text: string
}

export interface TalkOrder {
  /** Goes by before anything is counted. */
  readonly warmUpMs: number
  readonly measureMs: number
  /** Messages that are due each second, whatever was answered. Default: each waits for its last answer. */
  readonly perSecond?: number
}

export interface Talked {
  /** All that were accepted, also before and after the measured time. */
  readonly accepted: number
  /** Those that were refused because too many were waiting. */
  readonly putOff: number
  /** Accepted within the measured time; at a pace, of those that were due in it. */
  readonly perSecond: number
  /** From when a message was due, or sent, until it was answered. */
  readonly medianMs: number
  readonly p99Ms: number
}

/** Which messages were accepted: so many, and the sum of their numbers. */
export interface Account {
  readonly accepted: number
  readonly sumOfIds: number
}

export type ToTalkers =
  | { readonly type: 'join'; readonly order: JoinOrder }
  | { readonly type: 'talk'; readonly order: TalkOrder }
  | { readonly type: 'account' }

export type FromTalkers =
  | { readonly type: 'joined'; readonly pid: number }
  | { readonly type: 'talked'; readonly talked: Talked }
  | { readonly type: 'accounted'; readonly account: Account }
  | Failed
