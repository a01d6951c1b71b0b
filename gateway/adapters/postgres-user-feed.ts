// The users' feeds as the notifier keeps them in PostgreSQL.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { Notification, NotificationType } from '../../protocol/notifications.ts'
import type { StreamRange } from '../ports/lot-book.ts'
import type { UserFeed } from '../ports/user-feed.ts'
import { gathered } from './gather.ts'

const headsQuery = {
  name: 'gateway-feed-heads',
  text: 'SELECT user_id, last_seq FROM user_streams WHERE user_id = ANY ($1::text[])',
}

/**
 * What was told of a message keeps its words as long as the message says them: the notifier hears of an
 * edit or a deletion a moment later, or when it is there again, and of retention never.
 */
export const notificationColumns = `
  n.seq, n.type, n.at_ms,
  CASE WHEN n.type <> 'message' THEN n.data
       WHEN EXISTS (SELECT FROM messages m
                     WHERE m.conversation_id = n.aggregate_id
                       AND m.message_id = (n.data ->> 'messageId')::uuid
                       AND starts_with(m.view ->> 'text', n.data ->> 'text')) THEN n.data
       ELSE n.data - 'text' END AS data`

const upwardsQuery = {
  name: 'gateway-feed',
  text: `
    SELECT ${notificationColumns} FROM notifications n
     WHERE n.user_id = $1 AND n.seq > coalesce($2::bigint, 0)
     ORDER BY n.seq LIMIT $3`,
}

const downwardsQuery = {
  name: 'gateway-feed-reverse',
  text: `
    SELECT ${notificationColumns} FROM notifications n
     WHERE n.user_id = $1 AND ($2::bigint IS NULL OR n.seq < $2)
     ORDER BY n.seq DESC LIMIT $3`,
}

export interface NotificationRow {
  readonly seq: number
  readonly type: NotificationType
  readonly at_ms: number
  readonly data: Omit<Notification, 'seq' | 'type' | 'at'>
}

export function createPostgresUserFeed(pool: Pool): UserFeed {
  const head = gathered((userIds) => loadHeads(pool, userIds))
  return {
    head: async (userId) => (await head(userId)) ?? 0,
    notifications: (userId, range) => loadNotifications(pool, userId, range),
  }
}

async function loadHeads(
  pool: Pool,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ user_id: string; last_seq: number }>({
    ...headsQuery,
    values: [userIds],
  })
  return new Map(rows.map(({ user_id, last_seq }) => [user_id, last_seq]))
}

async function loadNotifications(
  pool: Pool,
  userId: string,
  { from, limit, reverse }: StreamRange,
): Promise<readonly Notification[]> {
  const { rows } = await pool.query<NotificationRow>({
    ...(reverse ? downwardsQuery : upwardsQuery),
    values: [userId, from ?? null, limit],
  })
  return rows.map(notificationOf)
}

export function notificationOf({ seq, type, at_ms, data }: NotificationRow): Notification {
  return { ...data, seq, type, at: at_ms }
}
