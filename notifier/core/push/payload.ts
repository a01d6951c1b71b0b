// Pushes as the push service takes them.

import { firstCharacters } from '../../../protocol/message-text.ts'
import type { Notification } from '../../../protocol/notifications.ts'
import { quotedCharactersMax } from '../quotation.ts'
import type { FcmMessage } from './message.ts'
import type { CollapseKey } from './policy.ts'

/** What the push service takes at most, and what of it its own words and the device's token may need. */
const bytesMax = 4_096
const wireBytes = 1_024

/** What a device shows. */
export interface ShownWords {
  readonly title: string
  readonly body: string
}

export interface ShownPush {
  /** The same for whatever must not be shown twice. */
  readonly key: string
  /** What the app is told besides. */
  readonly about: Readonly<Record<string, string | number | undefined>>
  readonly words: ShownWords
  readonly tag: string
  readonly collapseKey: CollapseKey | undefined
  readonly isUrgent: boolean
  readonly worthUntilMs: number
  /** The user's unread messages and notifications. */
  readonly unread: number
  readonly nowMs: number
}

/** By this the app recognises a notification, by whatever way and however often it comes. */
export const pushKey = (userId: string, seq: number): string => `${userId}:${seq}`

/** What the app is told of a notification, so that it opens the right thing. */
export function aboutNotification(notification: Notification): ShownPush['about'] {
  const { type, seq, at, lotId, conversationId, messageId, messageSeq, orderId } = notification
  return { type, seq, at, lotId, conversationId, messageId, messageSeq, orderId }
}

/** Something to show. Where it would be too long its body is cut, after a whole character. */
export function shownMessage(push: ShownPush): FcmMessage {
  const { title, body } = push.words
  const whole = composed(push, push.words)
  if (bytesOf(whole) <= bytesMax - wireBytes) return whole
  return composed(push, { title: fitting(title, bytesMax / 8), body: fitting(body, bytesMax / 4) })
}

function composed(push: ShownPush, words: ShownWords): FcmMessage {
  const { key, about, tag, collapseKey, isUrgent, worthUntilMs, unread, nowMs } = push
  const ttlMs = Math.max(0, worthUntilMs - nowMs)
  return {
    data: texts({ key, ...about, tag, unread }),
    notification: words,
    android: {
      priority: isUrgent ? 'high' : 'normal',
      ttlMs,
      ...(collapseKey === undefined ? {} : { collapseKey }),
      tag,
      notificationCount: unread,
    },
    apns: {
      pushType: 'alert',
      priority: isUrgent ? 10 : 5,
      expirationS: Math.floor(worthUntilMs / 1_000),
      // Shown under it, so that it can be replaced and taken away.
      collapseId: tag,
      threadId: tag,
      badge: unread,
    },
    webpush: {
      ttlS: Math.ceil(ttlMs / 1_000),
      urgency: isUrgent ? 'high' : 'normal',
      tag,
    },
  }
}

/**
 * The same for a device that shows something later under its tag already: the app is told, and what is shown stays.
 */
export function unshownMessage(push: ShownPush): FcmMessage {
  const { data, android, apns, webpush } = shownMessage(push)
  return {
    data,
    android: { priority: 'normal', ttlMs: android.ttlMs },
    apns: {
      pushType: 'background',
      priority: 5,
      expirationS: apns.expirationS,
      badge: push.unread,
      isContentAvailable: true,
    },
    webpush: { ttlS: webpush.ttlS, urgency: 'low' },
  }
}

export interface SilentPush {
  readonly key: string
  /** Under which tags nothing is to be shown any more. */
  readonly clears: readonly string[]
  readonly unread: number
  readonly nowMs: number
}

const syncWorthMs = 3_600_000

/** The tags that one silent push can name; what is left is named by the next. */
export const clearsMax = 40

/** Tells the app what to take away, and how many are unread; shows nothing. */
export function silentMessage({ key, clears, unread, nowMs }: SilentPush): FcmMessage {
  return {
    data: texts({ key, type: 'sync', unread, clears: clears.join(' ') }),
    android: { priority: 'normal', ttlMs: syncWorthMs, collapseKey: 'sync' },
    apns: {
      pushType: 'background',
      priority: 5,
      expirationS: Math.floor((nowMs + syncWorthMs) / 1_000),
      collapseId: 'sync',
      badge: unread,
      isContentAvailable: true,
    },
    webpush: { ttlS: syncWorthMs / 1_000, urgency: 'low', topic: 'sync' },
  }
}

function texts(values: ShownPush['about']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  )
}

// ---- lengths ----------------------------------------------------------------------------------

const ellipsis = '…'
const characters = new Intl.Segmenter('en', { granularity: 'grapheme' })
const encoder = new TextEncoder()

/** A quotation that was cut for the feed, perhaps within a character, ends with a whole one. */
export function quotation(text: string): string {
  if (firstCharacters(text, quotedCharactersMax - 1).length === text.length) return text
  const whole = Array.from(characters.segment(text), ({ segment }) => segment)
  return whole.slice(0, -1).join('') + ellipsis
}

const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value)).length

/** As many whole characters as have room in so many bytes of JSON, and a sign that there was more. */
function fitting(text: string, bytes: number): string {
  if (bytesOf(text) <= bytes) return text
  let kept = ''
  let left = bytes - bytesOf(ellipsis)
  for (const { segment } of characters.segment(text)) {
    left -= bytesOf(segment) - quotes
    if (left < 0) break
    kept += segment
  }
  return kept + ellipsis
}

/** Those that JSON puts around a text. */
const quotes = 2
