// What users settle, in PostgreSQL; the statements that are longer than a line or two are in `sql/000002`.
import { type Pool, type PoolClient, transaction } from '../../platform/postgres/pool.ts'
import { minutesOf } from '../../protocol/devices.ts'
import type { DeviceMark } from '../../protocol/feed-commands.ts'
import { seenPrecisionMs } from '../limits.ts'
import type { FeedRead, FeedRegister } from '../ports/feed-register.ts'
import { addBadgeJobs } from './badge-jobs.ts'

const registerQuery = {
  name: 'notifier-register-device',
  text: 'SELECT register_device($1, $2, $3, $4, $5, $6, $7, $8::smallint, $9::smallint, $10, $11)',
}

const removeQuery = {
  name: 'notifier-remove-device',
  text: 'DELETE FROM devices WHERE user_id = $1 AND device_id = $2',
}

const revokeQuery = {
  name: 'notifier-revoke-devices',
  text: `
    DELETE FROM devices
     WHERE user_id = $1 AND ($2::text IS NULL OR device_id = $2) AND registered_at_ms <= $3`,
}

const preferQuery = {
  name: 'notifier-prefer',
  text: `
    INSERT INTO notification_preferences AS p (user_id, types, previews)
    VALUES ($1, $2, coalesce($3::boolean, true))
        ON CONFLICT (user_id) DO UPDATE
       SET types = p.types || excluded.types, previews = coalesce($3, p.previews)`,
}

const readQuery = {
  name: 'notifier-read-feed',
  text: `
    WITH feed AS (
      SELECT coalesce((SELECT last_seq FROM user_streams WHERE user_id = $1), 0) AS max
    ), marked AS (
      INSERT INTO feed_marks AS f (user_id, read_seq)
      SELECT $1, $2 FROM feed WHERE $2 <= max
          ON CONFLICT (user_id) DO UPDATE SET read_seq = greatest(f.read_seq, excluded.read_seq)
      RETURNING read_seq
    )
    SELECT feed.max, marked.read_seq FROM feed LEFT JOIN marked ON true`,
}

const unreadQuery = { name: 'notifier-unread', text: 'SELECT unread FROM unread_count($1)' }

const noteQuery = {
  name: 'notifier-note-device-marks',
  text: 'SELECT note_device_marks($1::text[], $2::text[], $3::uuid[], $4::bigint[], $5, $6)',
}

export function createPostgresFeedRegister(pool: Pool): FeedRegister {
  return {
    async register(userId, device, nowMs, devicesMax) {
      const { deviceId, platform, token, tokenKind, locale, timeZone, quietHours } = device
      const [from, to] =
        quietHours === undefined
          ? [null, null]
          : [minutesOf(quietHours.from), minutesOf(quietHours.to)]
      const place = [userId, deviceId, platform, token, tokenKind]
      const values = [...place, locale, timeZone, from, to, nowMs, devicesMax]
      await pool.query({ ...registerQuery, values })
    },
    async remove(userId, deviceId) {
      await pool.query({ ...removeQuery, values: [userId, deviceId] })
    },
    async revoke(userId, deviceId, untilMs) {
      await pool.query({ ...revokeQuery, values: [userId, deviceId ?? null, untilMs] })
    },
    async prefer(userId, { types = {}, previews }) {
      await pool.query({ ...preferQuery, values: [userId, types, previews ?? null] })
    },
    read: (userId, seq) => transaction(pool, (client) => readFeed(client, userId, seq)),
    note: (marks, nowMs) => noteMarks(pool, marks, nowMs),
  }
}

/** What other devices show of it goes, and their badges with it. */
async function readFeed(client: PoolClient, userId: string, seq: number): Promise<FeedRead> {
  const { rows } = await client.query<{ max: number; read_seq: number | null }>({
    ...readQuery,
    values: [userId, seq],
  })
  const { max = 0, read_seq: readSeq = null } = rows[0] ?? {}
  if (readSeq === null) return { type: 'beyond_end', max }
  await addBadgeJobs(client, new Set([userId]))
  // A statement of its own: the one that writes does not see what it wrote.
  const counted = await client.query<{ unread: number }>({ ...unreadQuery, values: [userId] })
  return { type: 'read', readSeq, unread: counted.rows[0]?.unread ?? 0 }
}

async function noteMarks(pool: Pool, marks: readonly DeviceMark[], nowMs: number): Promise<void> {
  if (marks.length === 0) return
  const columns = [
    marks.map(({ userId }) => userId),
    marks.map(({ deviceId }) => deviceId),
    marks.map(({ conversationId }) => conversationId ?? null),
    marks.map(({ seq }) => seq),
  ]
  await pool.query({ ...noteQuery, values: [...columns, nowMs, seenPrecisionMs] })
  // What a device has of a conversation it may have read; of who hides that no log tells.
  const users = marks.flatMap(({ userId, conversationId }) =>
    conversationId === undefined ? [] : [userId],
  )
  await addBadgeJobs(pool, new Set(users))
}
