// The durable feed of a user: the `user:` channel and what the notifier says to the gateways.
import type { LotResult } from './auction.ts'
import type { MessageKind, OfferState } from './chat.ts'

export const NOTIFICATION_TYPES = [
  'outbid',
  'lot_won',
  'lot_lost',
  'message',
  'offer',
  'order_created',
] as const
export type NotificationType = (typeof NOTIFICATION_TYPES)[number]

/** `data` of a publication on `user:`. The offset of the publication is `seq`. */
export interface Notification {
  readonly seq: number
  readonly type: NotificationType
  /** When the cause was committed, epoch ms. */
  readonly at: number
  readonly lotId?: string
  /** With `message`, `offer`, and an order that came of an offer. */
  readonly conversationId?: string
  readonly messageId?: string
  readonly messageSeq?: number
  readonly senderId?: string
  readonly kind?: MessageKind
  /** The first 200 characters of the message; gone once the message is deleted. */
  readonly text?: string
  /** With `offer`: what became of it; with an order: what it is worth. */
  readonly state?: OfferState
  readonly amount?: number
  /** With `order_created`: to whom the lot or the offer's subject is sold, and by whom. */
  readonly orderId?: string
  readonly buyerId?: string
  readonly sellerId?: string
  readonly title?: string
  readonly currency?: string
  /** The lot as the commit that caused this left it: the price to beat, or the one it ended at. */
  readonly price?: number
  readonly minNext?: number
  readonly endsAt?: number
  /** With `lot_won` and `lot_lost`: what became of the lot. */
  readonly outcome?: LotResult['outcome']
}

/** What one commit of the notifier added to one user's feed, in order of seq. */
export interface UserEvents {
  readonly userId: string
  readonly events: readonly Notification[]
}

/** Tokens of this user (of one device of it) issued before `beforeMs` are worth nothing from now on. */
export interface Revocation {
  readonly userId: string
  readonly deviceId?: string
  readonly beforeMs: number
}
