// The auditor's one look into a database.
import { createLogger } from '../../platform/log.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'

/** Hands out a pool of one connection, and closes it. @throws what `read` throws */
export async function withDatabase(
  url: string,
  read: (pool: Pool) => Promise<void>,
): Promise<void> {
  const log = createLogger({ name: 'auditor', level: 'error' })
  const pool = createPool(url, { log, applicationName: 'outcry loadtest', max: 1 })
  try {
    await read(pool)
  } finally {
    await pool.end()
  }
}
