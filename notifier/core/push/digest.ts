// One push for many: what waited because a device was pushed too much.
import type { NotificationType } from '../../../protocol/notifications.ts'
import type { PushDevice } from './facts.ts'
import { quietUntilMs } from './quiet-hours.ts'

export interface DigestFacts {
  /** Absent where there is no such device any more. */
  readonly device?: PushDevice
  readonly waiting: readonly Waiting[]
  readonly unread: number
}

/** What waits for the digest; in order of seq. */
export interface Waiting {
  readonly seq: number
  readonly type: NotificationType
  /** Read, or known to the device, or gone: there is nothing to tell of it any more. */
  readonly isOver: boolean
}

export type DigestDecision =
  | { readonly type: 'skip' }
  | { readonly type: 'later'; readonly untilMs: number }
  | {
      readonly type: 'send'
      /** It tells of everything up to here. */
      readonly lastSeq: number
      readonly count: number
      readonly messages: number
      readonly others: number
    }

/** The one tag under which all digests of a device are shown. */
export const digestTag = 'digest'

/** How long what comes waits for more. */
export const digestWaitMs = 5 * 60_000
export const digestWorthMs = 24 * 3_600_000

export function decideDigest({ device, waiting }: DigestFacts, nowMs: number): DigestDecision {
  const news = waiting.filter(({ isOver }) => !isOver)
  const last = news.at(-1)
  if (device === undefined || last === undefined) return { type: 'skip' }
  const untilMs = device.quiet === undefined ? undefined : quietUntilMs(device.quiet, nowMs)
  if (untilMs !== undefined) return { type: 'later', untilMs }
  const count = news.length
  const messages = news.filter(({ type }) => type === 'message').length
  return { type: 'send', lastSeq: last.seq, count, messages, others: count - messages }
}
