// Read state, preferences and devices as the notifier keeps them in PostgreSQL.
import type { Pool } from '../../platform/postgres/pool.ts'
import {
  clockTimeOf,
  type DeviceList,
  type DeviceView,
  type Platform,
  type TokenKind,
} from '../../protocol/devices.ts'
import {
  type FeedNotification,
  type FeedPage,
  type NotificationPreferences,
  type PreferNotifications,
  preferencesWith,
} from '../../protocol/feed.ts'
import type { ListNotifications } from '../../protocol/feed-methods.ts'
import type { FeedBook } from '../ports/feed-book.ts'
import { pageOf } from './keyset-page.ts'
import { type NotificationRow, notificationColumns, notificationOf } from './postgres-user-feed.ts'

// One statement, so one moment. There is always a row, so that an empty page has its read state too.
const pageQuery = {
  name: 'gateway-feed-page',
  text: `
    SELECT coalesce(f.read_seq, 0) AS read_seq, u.unread, page.*
      FROM unread_count($1) u
      LEFT JOIN feed_marks f ON f.user_id = $1
      LEFT JOIN LATERAL (
        SELECT ${notificationColumns}, n.is_read FROM told_notifications n
         WHERE n.user_id = $1 AND ($2::bigint IS NULL OR n.seq < $2)
         ORDER BY n.seq DESC LIMIT $3) page ON true
     ORDER BY page.seq DESC`,
}

const preferencesQuery = {
  name: 'gateway-notification-preferences',
  text: 'SELECT types, previews FROM notification_preferences WHERE user_id = $1',
}

const devicesQuery = {
  name: 'gateway-devices',
  text: `
    SELECT device_id, platform, token_kind, locale, time_zone, quiet_from_min, quiet_to_min,
           registered_at_ms, seen_at_ms
      FROM devices WHERE user_id = $1 ORDER BY device_id`,
}

export function createPostgresFeedBook(pool: Pool): FeedBook {
  return {
    page: (userId, asked) => loadPage(pool, userId, asked),
    preferences: (userId) => loadPreferences(pool, userId),
    devices: (userId) => loadDevices(pool, userId),
  }
}

interface ReadState {
  readonly read_seq: number
  readonly unread: number
}
type FeedRow = NotificationRow & { readonly is_read: boolean }
type PageRow = ReadState & (FeedRow | { readonly seq: null })

async function loadPage(
  pool: Pool,
  userId: string,
  { before, limit }: ListNotifications,
): Promise<FeedPage> {
  const values = [userId, before ?? null, limit + 1]
  const { rows } = await pool.query<PageRow>({ ...pageQuery, values })
  const [state = { read_seq: 0, unread: 0 }] = rows
  const told = rows.filter((row) => row.seq !== null)
  return {
    ...pageOf(told, limit, feedNotificationOf, ({ seq }) => seq),
    readSeq: state.read_seq,
    unread: state.unread,
  }
}

const feedNotificationOf = (row: FeedRow): FeedNotification => ({
  ...notificationOf(row),
  read: row.is_read,
})

async function loadPreferences(pool: Pool, userId: string): Promise<NotificationPreferences> {
  const { rows } = await pool.query<PreferNotifications>({ ...preferencesQuery, values: [userId] })
  return preferencesWith(rows[0] ?? {})
}

interface DeviceRow {
  readonly device_id: string
  readonly platform: Platform
  readonly token_kind: TokenKind
  readonly locale: string
  readonly time_zone: string
  readonly quiet_from_min: number | null
  readonly quiet_to_min: number | null
  readonly registered_at_ms: number
  readonly seen_at_ms: number
}

async function loadDevices(pool: Pool, userId: string): Promise<DeviceList> {
  const { rows } = await pool.query<DeviceRow>({ ...devicesQuery, values: [userId] })
  return { items: rows.map(deviceView) }
}

function deviceView(row: DeviceRow): DeviceView {
  const { quiet_from_min: from, quiet_to_min: to } = row
  const isQuiet = from !== null && to !== null
  return {
    deviceId: row.device_id,
    platform: row.platform,
    tokenKind: row.token_kind,
    locale: row.locale,
    timeZone: row.time_zone,
    ...(isQuiet ? { quietHours: { from: clockTimeOf(from), to: clockTimeOf(to) } } : {}),
    registeredAt: row.registered_at_ms,
    seenAt: row.seen_at_ms,
  }
}
