// What is kept of users besides the streams of their feeds: what they have read, what they want to be told,
// and their devices.
import type { DeviceList } from '../../protocol/devices.ts'
import type { FeedPage, NotificationPreferences } from '../../protocol/feed.ts'
import type { ListNotifications } from '../../protocol/feed-methods.ts'

export interface FeedBook {
  /** A page of the feed; its read state and the page are of one moment. */
  page(userId: string, asked: ListNotifications): Promise<FeedPage>
  preferences(userId: string): Promise<NotificationPreferences>
  devices(userId: string): Promise<DeviceList>
}
