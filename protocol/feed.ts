// The words around a user's feed: what it has read, what it wants to be told, and what came of a command.
import { z } from 'zod'
import { EpochMs } from './auction.ts'
import { NOTIFICATION_TYPES, Notification, type NotificationType } from './notifications.ts'
import { FEED_REFUSALS, type FeedRefusalCode } from './refusals.ts'
import { Shape } from './shape.ts'

const Seq = z.number().int().min(0)

const readSeq = Seq.describe('You have read the feed up to here.')
const unread = z
  .number()
  .int()
  .min(0)
  .describe(
    'The badge: unread messages of all conversations, and unread notifications of what is no message and no offer.',
  )

// ---- the feed ---------------------------------------------------------------------------------

export const FeedNotification = Notification.extend({
  read: z
    .boolean()
    .describe(
      'A `message` is read in its conversation, an `offer` there or in the feed, all else in the feed.',
    ),
}).describe('A notification, and whether you have read it.')
export type FeedNotification = Readonly<z.output<typeof FeedNotification>>

export const FeedPage = Shape('A page of your feed.', {
  items: z.array(FeedNotification).readonly().describe('Newest first.'),
  next: Seq.exactOptional().describe(
    'Pass as `before` for the following page; absent on the last one.',
  ),
  readSeq,
  unread,
})
export type FeedPage = Readonly<z.output<typeof FeedPage>>

export const FeedReadPublication = Shape(
  '`data` of a publication on `user:` without an offset: another of your sessions has read the feed.',
  { type: z.literal('notifications_read'), readSeq, unread },
)
export type FeedReadPublication = Readonly<z.output<typeof FeedReadPublication>>

// ---- what a user wants to be told -------------------------------------------------------------

/** `feed` is told without a push, `off` not at all. */
export const DELIVERIES = ['push', 'feed', 'off'] as const
export type Delivery = (typeof DELIVERIES)[number]

const Wanted = z.enum(DELIVERIES)
/** What somebody has bought or sold it must be able to look up. */
const Essential = z.enum(['push', 'feed'])

const DELIVERY_OF = {
  outbid: Wanted,
  lot_won: Essential,
  lot_lost: Essential,
  lot_ending: Wanted,
  message: Wanted,
  offer: Wanted,
  order_created: Essential,
} as const satisfies Record<NotificationType, z.ZodType<Delivery>>

const Previews = z.boolean().describe('Whether a push may quote a message.')

export const PreferNotifications = z.object({
  types: z
    .strictObject(DELIVERY_OF)
    .partial()
    .optional()
    .describe('Those to change: `push`, `feed` (no push), `off` (not even in the feed).'),
  previews: Previews.optional(),
})
export type PreferNotifications = Readonly<z.output<typeof PreferNotifications>>

export const NotificationPreferences = Shape('What you are told, and where.', {
  types: z.object(DELIVERY_OF).describe('By type; `push` until you settle it otherwise.'),
  previews: Previews,
})
export type NotificationPreferences = Readonly<z.output<typeof NotificationPreferences>>

/** The preferences of a user of whom this much is settled. */
export function preferencesWith({
  types = {},
  previews = true,
}: PreferNotifications): NotificationPreferences {
  const usual = Object.fromEntries(NOTIFICATION_TYPES.map((type) => [type, 'push']))
  return { types: { ...usual, ...types } as NotificationPreferences['types'], previews }
}

// ---- what came of a command -------------------------------------------------------------------

export const FeedAccepted = Shape('The command was carried out.', {
  outcome: z.literal('accepted'),
  serverTime: EpochMs,
  readSeq: readSeq.exactOptional().describe('With `notification.read`: where the mark is now.'),
  unread: unread.exactOptional().describe('With `notification.read`: the badge now.'),
})
export type FeedAccepted = Readonly<z.output<typeof FeedAccepted>>

export const FeedRefused = Shape('The command was heard and not carried out; `code` says why.', {
  outcome: z.literal('refused'),
  code: z.enum(Object.keys(FEED_REFUSALS) as [FeedRefusalCode, ...FeedRefusalCode[]]),
  serverTime: EpochMs,
  retryable: z.boolean(),
  max: Seq.exactOptional().describe('With `mark_beyond_end`: the last seq.'),
  retryAfterMs: z.number().exactOptional(),
  incidentId: z.string().exactOptional(),
})
export type FeedRefused = Readonly<z.output<typeof FeedRefused>>

export const FeedUnknown = Shape('The outcome is in doubt: ask again, it does no harm.', {
  outcome: z.literal('unknown'),
  code: z.literal('outcome_unknown'),
  serverTime: EpochMs,
  retryable: z.literal(true),
})
export type FeedUnknown = Readonly<z.output<typeof FeedUnknown>>

export const FeedOutcome = z.discriminatedUnion('outcome', [FeedAccepted, FeedRefused, FeedUnknown])
export type FeedOutcome = Readonly<z.output<typeof FeedOutcome>>
