// What comes of a commit: for the users' feeds, and for webhooks.
import type { Notification, NotificationType } from '../../protocol/notifications.ts'
import type { WebhookType } from '../../protocol/webhooks.ts'

/** Whose log a commit is in. */
export type Source = 'lot' | 'conversation'

/** Something to tell one user. Each (source, aggregateId, causeSeq, userId, type) is told once. */
export interface Notice {
  readonly userId: string
  readonly type: NotificationType
  readonly source: Source
  /** The lot or the conversation. */
  readonly aggregateId: string
  /** The seq of the event that caused it. */
  readonly causeSeq: number
  readonly atMs: number
  /** The notification without what its place in the feed gives it. */
  readonly data: Omit<Notification, 'seq' | 'type' | 'at'>
}

/** A message says something else now, or nothing: so does whatever was told of it. */
export interface Redaction {
  readonly conversationId: string
  /** The seq that caused what was told of the message. */
  readonly messageSeq: number
  /** Absent where it has no words. */
  readonly text?: string
  readonly deleted?: true
}

/** Something to tell webhooks: which event it is, and where in the logs its words stand. */
export interface WebhookCause {
  readonly type: WebhookType
  readonly source: Source
  /** The lot or the conversation. */
  readonly aggregateId: string
  /** The event of the log that it tells of; of bids, the first and the last. */
  readonly fromSeq: number
  readonly toSeq: number
  /** When the last of them was decided, epoch ms. */
  readonly atMs: number
  /** With `bid.accepted`: how many bids there are from `fromSeq` to `toSeq`; else 0. */
  readonly bids: number
}

export interface Derived {
  readonly notices: readonly Notice[]
  readonly redactions: readonly Redaction[]
  /** Absent: none. */
  readonly webhooks?: readonly WebhookCause[]
}

/** The log does not hold what the outbox says it holds. */
export class UnderivableError extends Error {
  override readonly name = 'UnderivableError'
}

interface Logged<Entry> {
  readonly aggregateId: string
  readonly fromSeq: number
  readonly toSeq: number
  readonly entries: readonly Entry[]
}

/** The last event. @throws UnderivableError where not all from `fromSeq` to `toSeq` are there, in order */
export function checkedLast<Entry extends { readonly seq: number }>(log: Logged<Entry>): Entry {
  const { aggregateId, fromSeq, toSeq, entries } = log
  const isWhole = entries.every(({ seq }, at) => seq === fromSeq + at)
  const last = entries.at(-1)
  if (!isWhole || last?.seq !== toSeq) {
    throw new UnderivableError(`${aggregateId} lacks events between ${fromSeq} and ${toSeq}`)
  }
  return last
}
