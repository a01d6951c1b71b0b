// Where what users settle is kept: their devices, what they want to be told, what they have read.
import type { RegisterDevice } from '../../protocol/devices.ts'
import type { PreferNotifications } from '../../protocol/feed.ts'
import type { DeviceMark } from '../../protocol/feed-commands.ts'

export type FeedRead =
  /** `unread` is the badge after it. */
  | { readonly type: 'read'; readonly readSeq: number; readonly unread: number }
  /** Nothing was changed: the feed ends at `max`. */
  | { readonly type: 'beyond_end'; readonly max: number }

/** Each may be done twice, and by several notifiers at once. @throws the database's error. */
export interface FeedRegister {
  /** Whoever else had the device's token loses it. Of a user's devices the `devicesMax` heard of last are kept. */
  register(userId: string, device: RegisterDevice, nowMs: number, devicesMax: number): Promise<void>
  remove(userId: string, deviceId: string): Promise<void>
  /** Removes what was registered until `untilMs`: that device, or all. */
  revoke(userId: string, deviceId: string | undefined, untilMs: number): Promise<void>
  prefer(userId: string, changes: PreferNotifications): Promise<void>
  /** A mark never goes back. */
  read(userId: string, seq: number): Promise<FeedRead>
  /** Marks of devices that are not registered come to nothing; a mark never goes back. */
  note(marks: readonly DeviceMark[], nowMs: number): Promise<void>
}
