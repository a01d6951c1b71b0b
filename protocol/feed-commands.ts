// What gateways and notifiers say to each other over the bus. Already checked at the gateway's edge;
// plain data only, since another process may be at the other end.
import type { RegisterDevice } from './devices.ts'
import type { PreferNotifications } from './feed.ts'
import type { Actor } from './identity.ts'

/** What the actor settles about its own feed, its own devices. All of them may be done twice. */
export type FeedCommand = { readonly actor: Actor } & (
  | { readonly type: 'register_device'; readonly device: RegisterDevice }
  | { readonly type: 'remove_device'; readonly deviceId: string }
  /** Of another user: whatever it registered until `untilMs` was registered by tokens that are worth nothing now. */
  | {
      readonly type: 'revoke_devices'
      readonly userId: string
      readonly deviceId?: string
      readonly untilMs: number
    }
  | { readonly type: 'mark_read'; readonly seq: number }
  | { readonly type: 'set_preferences'; readonly changes: PreferNotifications }
)

/** A command on its way. */
export type FeedRequest = FeedCommand & {
  /** When it left, by the gateway's clock, epoch ms. */
  readonly askedAtMs: number
}

/** A device has everything up to here. */
export interface DeviceMark {
  readonly userId: string
  readonly deviceId: string
  /** Absent where it is the feed that the device has. */
  readonly conversationId?: string
  readonly seq: number
}

/** What one turn of a gateway brought. */
export interface DeviceMarks {
  readonly marks: readonly DeviceMark[]
}
