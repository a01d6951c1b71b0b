// The durable feed of each user, as the notifier keeps it.
import type { Notification } from '../../protocol/notifications.ts'
import type { StreamRange } from './lot-book.ts'

export interface UserFeed {
  /** The newest seq, 0 where nothing was ever told. Calls due in one turn are one query. */
  head(userId: string): Promise<number>
  notifications(userId: string, range: StreamRange): Promise<readonly Notification[]>
}
