// Retention and erasure of feeds and devices in PostgreSQL. What another notifier is about to delete is left
// to it, so that none waits for another.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { FeedKeeping } from '../ports/feed-keeping.ts'

const forgetNotifications = `
  DELETE FROM notifications n
   USING (SELECT user_id, seq FROM notifications WHERE at_ms < $1
           ORDER BY at_ms LIMIT $2 FOR UPDATE SKIP LOCKED) old
   WHERE n.user_id = old.user_id AND n.seq = old.seq`

const forgetDevices = `
  DELETE FROM devices d
   USING (SELECT user_id, device_id FROM devices WHERE seen_at_ms < $1
           ORDER BY seen_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED) old
   WHERE d.user_id = old.user_id AND d.device_id = old.device_id`

const forgetDeviceMarks = `
  DELETE FROM device_marks m
   USING (SELECT user_id, device_id, conversation_id FROM device_marks WHERE at_ms < $1
           LIMIT $2 FOR UPDATE SKIP LOCKED) old
   WHERE m.user_id = old.user_id AND m.device_id = old.device_id
     AND m.conversation_id = old.conversation_id`

const erasuresToDo = `
  SELECT e.user_id FROM erasures e
   WHERE NOT EXISTS (SELECT FROM feed_erasures f WHERE f.user_id = e.user_id)
   ORDER BY e.requested_at_ms LIMIT $1`

export function createPostgresFeedKeeping(pool: Pool): FeedKeeping {
  const forget = async (text: string, beforeMs: number, limit: number): Promise<number> => {
    const { rowCount } = await pool.query(text, [beforeMs, limit])
    return rowCount ?? 0
  }
  return {
    forgetNotifications: (beforeMs, limit) => forget(forgetNotifications, beforeMs, limit),
    forgetDevices: (beforeMs, limit) => forget(forgetDevices, beforeMs, limit),
    forgetDeviceMarks: (beforeMs, limit) => forget(forgetDeviceMarks, beforeMs, limit),
    async erasuresToDo(limit) {
      const { rows } = await pool.query<{ user_id: string }>(erasuresToDo, [limit])
      return rows.map(({ user_id }) => user_id)
    },
    async erase(userId, nowMs, limit) {
      // First: once the feed is gone nothing of it is noted as pushed any more.
      await pool.query('DELETE FROM push_sends WHERE user_id = $1', [userId])
      const { rows } = await pool.query<{ is_all: boolean }>(
        'SELECT erase_feed($1, $2, $3) AS is_all',
        [userId, nowMs, limit],
      )
      return rows[0]?.is_all === true
    },
  }
}
