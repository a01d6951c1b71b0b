// What an operator may ask about jobs, and do about dead ones.
import type { Pool } from './pool.ts'

export interface ListedJob {
  readonly id: string
  readonly task: string
  readonly state: 'dead' | 'running' | 'waiting'
  readonly attempts: number
  readonly attemptsMax: number
  /** Since it was added, or took the place of another under its key. */
  readonly ageS: number
  /** Until it is due; less than 0 where it is. */
  readonly dueInS: number
  readonly lastError: string | null
}

export interface JobCounts {
  readonly dead: number
  readonly all: number
}

/** A running job may be in its last attempt: only what nobody works on is dead. */
const isDead = 'attempts >= max_attempts AND locked_at IS NULL'

/** The jobs that fall due first, dead ones before; at most `limit`. */
export async function listJobs(
  pool: Pool,
  { deadOnly, limit }: { deadOnly: boolean; limit: number },
): Promise<ListedJob[]> {
  const { rows } = await pool.query<ListedJob>(
    `SELECT id::text, task_identifier AS task, attempts, max_attempts AS "attemptsMax",
            CASE WHEN ${isDead} THEN 'dead' WHEN locked_at IS NOT NULL THEN 'running' ELSE 'waiting' END AS state,
            extract(epoch FROM now() - created_at)::float8 AS "ageS",
            extract(epoch FROM run_at - now())::float8 AS "dueInS", last_error AS "lastError"
       FROM graphile_worker.jobs
      WHERE NOT $1 OR ${isDead}
      ORDER BY NOT (${isDead}), run_at, id LIMIT $2`,
    [deadOnly, limit],
  )
  return rows
}

export async function countJobs(pool: Pool): Promise<JobCounts> {
  const { rows } = await pool.query<JobCounts>(
    `SELECT count(*) FILTER (WHERE ${isDead}) AS dead, count(*) AS "all" FROM graphile_worker.jobs`,
  )
  return rows[0] ?? { dead: 0, all: 0 }
}

/**
 * Has dead jobs done again from now on, their attempts anew: those of `ids`, or all.
 * @returns the ids of those that were dead, and are not any more.
 */
export async function requeueJobs(pool: Pool, ids: readonly string[] | 'all'): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id::text FROM graphile_worker.reschedule_jobs(
       ARRAY(SELECT id FROM graphile_worker.jobs
              WHERE ${isDead} AND ($1::bigint[] IS NULL OR id = ANY ($1))),
       run_at := now(), attempts := 0)`,
    [ids === 'all' ? null : ids],
  )
  return rows.map(({ id }) => id)
}
