// The users' feeds as a test wants to see them.
import type { Pool } from '../../platform/postgres/pool.ts'

/** `user: seq type@cause …` of everything in the feeds. */
export async function feeds(pool: Pool): Promise<Record<string, string[]>> {
  const { rows } = await pool.query<{ user_id: string; feed: string[] }>(`
    SELECT user_id, array_agg(seq || ' ' || type || '@' || source_seq ORDER BY seq) AS feed
      FROM notifications GROUP BY user_id`)
  return Object.fromEntries(rows.map(({ user_id, feed }) => [user_id, feed]))
}

/** How far each feed has come. */
export async function heads(pool: Pool): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ user_id: string; last_seq: number }>(
    'SELECT user_id, last_seq FROM user_streams',
  )
  return Object.fromEntries(rows.map(({ user_id, last_seq }) => [user_id, last_seq]))
}

/** How many commits nobody was told of yet. */
export async function waiting(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'SELECT count(*) FROM outbox WHERE NOT notified',
  )
  return rows[0]?.count ?? 0
}
