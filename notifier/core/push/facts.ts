// What is known when a push is due: read in one go, so that all of it holds at one time.
import type { Platform } from '../../../protocol/devices.ts'
import type { Delivery } from '../../../protocol/feed.ts'
import type { Notification } from '../../../protocol/notifications.ts'
import type { QuietHours } from './quiet-hours.ts'

/** A device that pushes go to. */
export interface PushDevice {
  readonly platform: Platform
  /** A BCP 47 tag, as the device gave it. */
  readonly locale: string
  /** When it does not want to be disturbed. */
  readonly quiet?: QuietHours
}

/** A notification that was told, and what became of it since. */
export interface ToldNotification {
  readonly userId: string
  readonly notification: Notification
  /** Its user has read it, on whatever device. */
  readonly isRead: boolean
  /** The device has it, by the feed or by its conversation. */
  readonly isDelivered: boolean
}

/** Where the lot of an `outbid` or a `lot_ending` stands now. */
export interface PushLot {
  readonly isOpen: boolean
  readonly endsAtMs: number
  /** The user leads it. */
  readonly leads: boolean
}

export interface PushFacts {
  /** Absent where there is no such device any more. */
  readonly device?: PushDevice
  /** Absent where there is no such notification any more. */
  readonly told?: ToldNotification
  /** What came of pushing it to this device before; absent: it was not pushed. */
  readonly before?: 'waits' | 'ended'
  /** The device was pushed a later message of the same conversation. */
  readonly isOvertaken: boolean
  readonly wanted: Delivery
  /** Whether what is written in messages may be quoted. */
  readonly previews: boolean
  /** The user does not want to hear of this conversation, or of who writes there. */
  readonly isMuted: boolean
  readonly lot?: PushLot
  /** Pushes to the device within the last hour that count against the hour's measure. */
  readonly pushesLastHour: number
  /** Pushes to the device that it has not been heard of since. */
  readonly pushesUnheard: number
  /** The user's unread messages and notifications. */
  readonly unread: number
}

/** What the gateways know of the device; undefined where they cannot be asked. */
export interface Presence {
  readonly isConnected: boolean
  /** The notification's conversation is open there. */
  readonly hasOpen: boolean
}
