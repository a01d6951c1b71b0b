// Where the gateway notes what has reached a device, so that no push is sent for it.
import type { DeviceMark } from '../../protocol/feed-commands.ts'

export interface DeviceMarkBoard {
  /** Does not wait, and may lose it: that costs a push too many, and nothing else. */
  note(mark: DeviceMark): void
}
