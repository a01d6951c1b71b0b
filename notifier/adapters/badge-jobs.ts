// Jobs by which devices take away what was read elsewhere.
import type { PoolClient } from 'pg'
import { badgeHoldMs } from '../limits.ts'
import { TASKS } from '../ports/job-queue.ts'
import { keyedFlag } from './graphile-queries.ts'

/**
 * Has the devices of these users that may still show something look whether they should, soon: what is read
 * meanwhile goes with it. Called in the transaction that changes what is read or said.
 */
export async function addBadgeJobs(
  client: Pick<PoolClient, 'query'>,
  userIds: ReadonlySet<string>,
): Promise<void> {
  if (userIds.size === 0) return
  await client.query({
    name: 'notifier-add-badge-jobs',
    text: `
      WITH shown AS (
        SELECT DISTINCT user_id, device_id FROM push_sends
         WHERE user_id = ANY ($1::text[]) AND NOT cleared AND state IN ('accepted', 'digested')
      ), syncs AS (
        SELECT array_agg((
                 'push_badge', json_build_object('userId', user_id, 'deviceId', device_id), NULL,
                 now() + interval '${badgeHoldMs} ms', ${TASKS.push_badge.attemptsMax},
                 concat_ws(':', 'badge', user_id, device_id), NULL, ARRAY['${keyedFlag}']
               )::graphile_worker.job_spec ORDER BY user_id, device_id) AS specs
          FROM shown
      )
      SELECT count(*) FROM syncs CROSS JOIN LATERAL graphile_worker.add_jobs(syncs.specs, true)
       WHERE syncs.specs IS NOT NULL`,
    values: [[...userIds]],
  })
}
