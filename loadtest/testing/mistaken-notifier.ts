// A notifier that is honest and reads something wrong: who is outbid, in the view by which it looks at lots.
import { withDatabase } from '../audit/with-database.ts'

/**
 * From now on it reads of every other bid that these are the people outbid by it.
 * @param outbid a JSON array of their ids
 * @returns what lets it read the truth again
 */
export async function mistakeWhoIsOutbid(
  databaseUrl: string,
  outbid: string,
): Promise<() => Promise<void>> {
  let truth = ''
  await withDatabase(databaseUrl, async (pool) => {
    const { rows } = await pool.query<{ readonly definition: string }>(
      `SELECT rtrim(pg_get_viewdef('lot_turns'::regclass), ';') AS definition`,
    )
    truth = rows[0]?.definition ?? ''
  })
  const readAs = (query: string) =>
    withDatabase(databaseUrl, async (pool) => {
      await pool.query(`CREATE OR REPLACE VIEW lot_turns AS ${query}`)
    })
  await readAs(
    `SELECT lot_id, seq, type, at_ms, leader, bidder,
            CASE WHEN seq % 2 = 0 AND concerned::jsonb ? 'outbid'
                 THEN jsonb_set(concerned::jsonb, '{outbid}', '${outbid}')::text
                 ELSE concerned END AS concerned
       FROM (${truth}) AS turns`,
  )
  return async () => await readAs(truth)
}
