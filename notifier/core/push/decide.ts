// Whether a push is sent, and when.
import type { Notification } from '../../../protocol/notifications.ts'
import type { Presence, PushFacts, PushLot, ToldNotification } from './facts.ts'
import { counts, disturbs, pushesPerHourMax, worthUntilMs } from './policy.ts'
import { quietUntilMs } from './quiet-hours.ts'

/** Why nothing is sent. */
export const SKIP_REASONS = [
  'device_gone',
  'notification_gone',
  'sent_before',
  'not_wanted',
  'own',
  'said_otherwise',
  'read',
  'delivered',
  'open',
  'muted',
  'deleted',
  'lot_ended',
  'leads_again',
  'stale',
] as const
export type SkipReason = (typeof SKIP_REASONS)[number]

export type Decision =
  | { readonly type: 'skip'; readonly reason: SkipReason }
  | { readonly type: 'later'; readonly untilMs: number; readonly reason: 'connected' | 'quiet' }
  | { readonly type: 'digest' }
  | { readonly type: 'send' }

/** A device that is connected has so long to say that it has what it was told. */
const acknowledgeMs = 3_000

export interface Moment {
  readonly nowMs: number
  /** When it came into the feed, and so to the gateways. */
  readonly toldAtMs: number
}

/**
 * Decides by what is known now. Where the gateways could not be asked (`presence` is undefined) the device
 * counts as connected: it is given the time to say that it has it.
 */
export function decide(
  facts: PushFacts,
  presence: Presence | undefined,
  { nowMs, toldAtMs }: Moment,
): Decision {
  const { device, told } = facts
  if (device === undefined) return skip('device_gone')
  if (told === undefined) return skip('notification_gone')
  const reason = skipReason(facts, told, presence, nowMs)
  if (reason !== undefined) return skip(reason)
  const { type } = told.notification
  const acknowledgedByMs = toldAtMs + acknowledgeMs
  if (presence?.isConnected !== false && nowMs < acknowledgedByMs) {
    return { type: 'later', untilMs: acknowledgedByMs, reason: 'connected' }
  }
  const { quiet } = device
  const quietUntil = quiet === undefined || disturbs(type) ? undefined : quietUntilMs(quiet, nowMs)
  if (quietUntil !== undefined) return { type: 'later', untilMs: quietUntil, reason: 'quiet' }
  if (counts(type) && facts.pushesLastHour >= pushesPerHourMax) return { type: 'digest' }
  return { type: 'send' }
}

function skipReason(
  { before, wanted, isMuted, lot }: PushFacts,
  { userId, notification, isRead, isDelivered }: ToldNotification,
  presence: Presence | undefined,
  nowMs: number,
): SkipReason | undefined {
  if (before !== undefined) return 'sent_before'
  if (wanted !== 'push') return 'not_wanted'
  if (notification.senderId === userId) return 'own'
  if (isSaidOtherwise(notification, userId)) return 'said_otherwise'
  if (isRead) return 'read'
  if (isDelivered) return 'delivered'
  if (presence?.hasOpen === true) return 'open'
  if (isMuted) return 'muted'
  if (notification.type === 'message' && notification.deleted === true) return 'deleted'
  return lotReason(notification, lot, nowMs)
}

/**
 * An order follows from what the one who has it is told, or did: the winner's from its lot, that of an offer
 * from the offer. It is news to the seller of a lot only.
 */
function isSaidOtherwise({ type, lotId, orderId, buyerId }: Notification, userId: string): boolean {
  return type === 'order_created' && (orderId !== lotId || buyerId === userId)
}

function lotReason(
  notification: Notification,
  lot: PushLot | undefined,
  nowMs: number,
): SkipReason | undefined {
  if (lot?.isOpen === false) return 'lot_ended'
  if (notification.type === 'outbid' && lot?.leads === true) return 'leads_again'
  return nowMs >= worthUntilMs(notification, lot?.endsAtMs) ? 'stale' : undefined
}

const skip = (reason: SkipReason): Decision => ({ type: 'skip', reason })
