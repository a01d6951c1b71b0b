// What a bench and the process of its askers say to each other.
import type { Account } from '../ledger.ts'
import type { Failed } from '../peers/obey.ts'

/** What they ask for: bids on a lot, each higher than all before it, or messages in conversations by turns. */
export type Matter =
  | { readonly type: 'bids'; readonly lotId: string }
  | { readonly type: 'messages'; readonly conversationIds: readonly string[] }

export interface JoinOrder {
  /** `http://host:port` of the server, which takes tokens that are signed by `tokenSecret`. */
  readonly url: string
  readonly askers: number
  readonly matter: Matter
}

export interface AskOrder {
  /** Goes by before anything is counted. */
  readonly warmUpMs: number
  readonly measureMs: number
  /** Questions that are due each second, whatever was answered. Default: each asker waits for its last answer. */
  readonly perSecond?: number
}

/** Counted are the answers that came within the measured time; at a pace, those to questions that were due in it. */
export interface Asked {
  /** All answers, also those that are not counted: processors were at work for them as well. */
  readonly answered: number
  readonly accepted: number
  readonly acceptedPerSecond: number
  /** Of those that are counted. */
  readonly refusedPercent: number
  /** From when a question was due, or sent, until it was answered. */
  readonly medianMs: number
  readonly p99Ms: number
}

export type ToAskers =
  | { readonly type: 'join'; readonly order: JoinOrder }
  | { readonly type: 'ask'; readonly order: AskOrder }
  | { readonly type: 'account' }

export type FromAskers =
  | { readonly type: 'joined'; readonly pid: number }
  | { readonly type: 'asked'; readonly asked: Asked }
  | { readonly type: 'accounted'; readonly account: Account }
  | Failed
