// The epoch of this database's streams, made by the first migration.

import { Failure } from '../../platform/failure.ts'
import type { Pool } from '../../platform/postgres/pool.ts'

/** @throws Failure where the database has not been brought to this version. */
export async function readStreamEpoch(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ stream_epoch: string }>('SELECT stream_epoch FROM deployment')
  const [row] = rows
  if (row === undefined) {
    throw new Failure('The database has no stream epoch.', {
      hint: 'Run `npm run migrate` against it.',
    })
  }
  return row.stream_epoch
}
