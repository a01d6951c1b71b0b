// How each type of notification is pushed: how urgent it is, for how long it is worth anything, and what of it
// replaces what.
import type { Notification, NotificationType } from '../../../protocol/notifications.ts'

/**
 * Of what waits for a device that is away, the last of each key arrives. The push service keeps at most four
 * keys of a device apart.
 */
export const COLLAPSE_KEYS = ['outbid', 'chat', 'digest', 'sync'] as const
export type CollapseKey = (typeof COLLAPSE_KEYS)[number]

const secondMs = 1_000
const hourMs = 3_600 * secondMs

/** An outbid later than this has been answered, or never will be. */
const outbidWorthMs = 60 * secondMs
const talkWorthMs = 24 * hourMs
/** Until what was won has to be paid. */
const settleMs = 48 * hourMs

/** Of what a device that is away has not fetched, the push service keeps a hundred, and beyond that drops all. */
const unheardMax = 50

/** A device is pushed so many in an hour one by one; what comes after waits for a digest. */
export const pushesPerHourMax = 20

interface Rules {
  /** Until when it is worth telling; of a lot, by the end that it has now. */
  readonly worthUntilMs: (notification: Notification, lotEndsAtMs: number | undefined) => number
  /** What is shown under the same tag is replaced. */
  readonly tag: (notification: Notification) => string
  /** Whether it disturbs quiet hours. */
  readonly disturbs: boolean
  /** Whether it is pushed however many were pushed before. */
  readonly counts: boolean
}

const talk: Rules = {
  worthUntilMs: ({ at }) => at + talkWorthMs,
  tag: ({ conversationId, seq }) => `chat:${conversationId ?? seq}`,
  disturbs: false,
  counts: true,
}

/** Told once, and never replaced: nothing else says it. */
const settled: Rules = {
  worthUntilMs: ({ at }) => at + settleMs,
  tag: ({ seq }) => `told:${seq}`,
  disturbs: false,
  counts: true,
}

const RULES: Readonly<Record<NotificationType, Rules>> = {
  outbid: {
    worthUntilMs: ({ at, endsAt }, lotEndsAtMs) =>
      Math.min(at + outbidWorthMs, lotEndsAtMs ?? endsAt ?? Number.POSITIVE_INFINITY),
    tag: ({ lotId, seq }) => `lot:${lotId ?? seq}`,
    disturbs: true,
    counts: false,
  },
  lot_won: { ...settled, disturbs: true, counts: false },
  lot_lost: settled,
  lot_ending: {
    worthUntilMs: ({ at, endsAt }, lotEndsAtMs) => lotEndsAtMs ?? endsAt ?? at,
    tag: settled.tag,
    disturbs: false,
    counts: false,
  },
  message: talk,
  offer: { ...talk, tag: ({ messageId, seq }) => `offer:${messageId ?? seq}` },
  order_created: { ...settled, disturbs: true },
}

/** The types of which any number is pushed in an hour. */
export const UNCOUNTED_TYPES: readonly NotificationType[] = Object.entries(RULES).flatMap(
  ([type, { counts }]) => (counts ? [] : [type as NotificationType]),
)

export const disturbs = (type: NotificationType): boolean => RULES[type].disturbs
export const counts = (type: NotificationType): boolean => RULES[type].counts
export const tagOf = (notification: Notification): string =>
  RULES[notification.type].tag(notification)

/** Epoch ms; `lotEndsAtMs` is when its lot ends by now. */
export function worthUntilMs(notification: Notification, lotEndsAtMs?: number): number {
  return RULES[notification.type].worthUntilMs(notification, lotEndsAtMs)
}

/**
 * What is told once comes by itself. Messages do too, unless so many wait for the device that the push service
 * would soon drop them all; then the last of them stands for the others.
 */
export function collapseKeyOf(
  type: NotificationType,
  pushesUnheard: number,
): CollapseKey | undefined {
  if (type === 'outbid') return 'outbid'
  return (type === 'message' || type === 'offer') && pushesUnheard >= unheardMax
    ? 'chat'
    : undefined
}
