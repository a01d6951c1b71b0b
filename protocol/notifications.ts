// The durable feed of a user: the `user:` channel and what the notifier says to the gateways.
import { z } from 'zod'
import { EpochMs, LotResult } from './auction.ts'
import { ConversationId, MESSAGE_KINDS, MessageId, OFFER_STATES } from './chat.ts'
import { LotId, UserId } from './ids.ts'
import { Shape } from './shape.ts'

export const NOTIFICATION_TYPES = [
  'outbid',
  'lot_won',
  'lot_lost',
  'lot_ending',
  'message',
  'offer',
  'order_created',
] as const
export type NotificationType = (typeof NOTIFICATION_TYPES)[number]

export const Notification = Shape('`data` of a publication on `user:`.', {
  seq: z.number().int().min(1).describe('The publication’s offset.'),
  type: z.enum(NOTIFICATION_TYPES),
  at: EpochMs.describe('When the cause was committed.'),
  lotId: LotId.exactOptional(),
  conversationId: ConversationId.exactOptional().describe(
    'With `message`, `offer`, and an order that came of an offer.',
  ),
  messageId: MessageId.exactOptional(),
  messageSeq: z.number().int().exactOptional(),
  senderId: UserId.exactOptional().describe(
    'With `message` and `offer`: who did it; absent where an offer ended by itself.',
  ),
  kind: z.enum(MESSAGE_KINDS).exactOptional(),
  text: z
    .string()
    .exactOptional()
    .describe('The first 200 characters of the message; gone once the message is deleted.'),
  deleted: z
    .literal(true)
    .exactOptional()
    .describe('With `message`: it was deleted, and is to be shown no more.'),
  state: z.enum(OFFER_STATES).exactOptional().describe('With `offer`: what became of it.'),
  amount: z
    .number()
    .int()
    .exactOptional()
    .describe('With `offer` and `order_created`: what it is worth.'),
  orderId: z
    .string()
    .exactOptional()
    .describe(
      'With `order_created`: the id of the lot that was sold, or of the offer that was accepted.',
    ),
  buyerId: UserId.exactOptional().describe('With `order_created`: to whom it is sold.'),
  sellerId: UserId.exactOptional().describe('With `order_created`: by whom it is sold.'),
  title: z.string().exactOptional(),
  currency: z.string().exactOptional(),
  price: z
    .number()
    .int()
    .exactOptional()
    .describe(
      'The lot as the commit that caused this left it: the price to beat, or the one it ended at.',
    ),
  minNext: z.number().int().exactOptional(),
  endsAt: EpochMs.exactOptional(),
  outcome: LotResult.shape.outcome
    .exactOptional()
    .describe('With `lot_won` and `lot_lost`: what became of the lot.'),
})
export type Notification = Readonly<z.output<typeof Notification>>

/** What one commit of the notifier did to one user's feed. */
export interface UserEvents {
  readonly userId: string
  /** What it added, in order of seq. */
  readonly events: readonly Notification[]
  /**
   * Told before, and as they are from now on: their message was edited or deleted. Nobody is told anew,
   * but whoever keeps them replaces them, so that a deleted text is not told again.
   */
  readonly changed?: readonly Notification[]
  /** The user has read the feed up to here; `unread` is its badge now. */
  readonly read?: { readonly readSeq: number; readonly unread: number }
}

/** Tokens of this user (of one device of it) issued before `beforeMs` are worth nothing from now on. */
export interface Revocation {
  readonly userId: string
  readonly deviceId?: string
  readonly beforeMs: number
}
