// The statements by which jobs enter the tables of the job library.
import type { PoolClient } from 'pg'
import { type Job, TASKS } from '../ports/job-queue.ts'

/** Marks the jobs that have a key, so that those which lost theirs to a later job can be told apart. */
export const keyedFlag = 'keyed'

type Asker = Pick<PoolClient, 'query'>

/**
 * Adds the jobs in the transaction that `client` has open; they are seen by workers when it commits.
 * @returns their ids, as texts and in no order.
 */
export async function addJobs(client: Asker, jobs: readonly Job[]): Promise<string[]> {
  const ids: string[] = []
  // Whether jobs keep their due time is said for all jobs of a statement.
  for (const keepsDue of [false, true]) {
    const some = jobs.filter((job) => (job.keepsDue ?? false) === keepsDue)
    if (some.length > 0) ids.push(...(await addAlike(client, lastOfEachKey(some), keepsDue)))
  }
  return ids
}

/** Two of one key cannot be added by one statement; and in one order only, so that no two wait for each other. */
function lastOfEachKey(jobs: readonly Job[]): readonly Job[] {
  const keyed = new Map(jobs.flatMap((job) => (job.key === undefined ? [] : [[job.key, job]])))
  return [
    ...[...keyed].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, job]) => job),
    ...jobs.filter(({ key }) => key === undefined),
  ]
}

async function addAlike(client: Asker, jobs: readonly Job[], keepsDue: boolean): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>({
    name: 'notifier-add-jobs',
    text: `
      SELECT id::text FROM graphile_worker.add_jobs(ARRAY(
        SELECT (task, payload, NULL, to_timestamp(due_ms / 1000.0), attempts_max, key, NULL,
                CASE WHEN key IS NOT NULL THEN ARRAY['${keyedFlag}'] END)::graphile_worker.job_spec
          FROM unnest($1::text[], $2::json[], $3::bigint[], $4::int[], $5::text[])
                 AS j (task, payload, due_ms, attempts_max, key)), $6)`,
    values: [
      jobs.map(({ task }) => task),
      jobs.map(({ payload }) => JSON.stringify(payload)),
      jobs.map(({ dueAtMs }) => (dueAtMs === undefined ? null : Math.ceil(dueAtMs))),
      jobs.map(({ task }) => TASKS[task].attemptsMax),
      jobs.map(({ key = null }) => key),
      keepsDue,
    ],
  })
  return rows.map(({ id }) => id)
}

/** Has jobs that were just added be dead ones. */
export async function bury(client: Asker, ids: readonly string[], reason: string): Promise<void> {
  await client.query('SELECT FROM graphile_worker.permanently_fail_jobs($1::bigint[], $2)', [
    ids,
    reason,
  ])
}

/**
 * Locks a job that is being done, unless another was added under its key meanwhile: that one follows it, and
 * whoever adds one now waits for the end of this transaction.
 */
export async function stillHasKey(client: Asker, id: string, key: string): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'notifier-still-has-key',
    // The library shows its jobs by a view, and rows of a view with joins cannot be locked.
    text: 'SELECT FROM graphile_worker._private_jobs WHERE id = $1 AND key = $2 FOR UPDATE',
    values: [id, key],
  })
  return rowCount === 1
}

/** Removes jobs that failed after another had taken their key: that one has done what they should have. */
export async function removeSuperseded(client: Asker): Promise<void> {
  await client.query(
    `SELECT FROM graphile_worker.complete_jobs(ARRAY(
       SELECT id FROM graphile_worker.jobs
        WHERE attempts >= max_attempts AND key IS NULL AND flags ? $1 AND locked_at IS NULL))`,
    [keyedFlag],
  )
}
