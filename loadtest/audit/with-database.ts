// The auditor's one look into a database.
import { codeOf, Failure } from '../../platform/failure.ts'
import { createLogger } from '../../platform/log.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'

/** Hands out a pool of one connection, and closes it. @throws Failure where the database can not be read */
export async function withDatabase(
  url: string,
  read: (pool: Pool) => Promise<void>,
): Promise<void> {
  const log = createLogger({ name: 'auditor', level: 'error' })
  const pool = createPool(url, { log, applicationName: 'outcry loadtest', max: 1 })
  try {
    await read(pool)
  } catch (cause) {
    const says = cause instanceof Error && cause.message !== '' ? cause.message : codeOf(cause)
    throw new Failure(`The auditor can not read the database: ${says ?? 'no reason given'}.`, {
      hint: 'Look at --database-url (or at the file of --cluster): is it the database of these servers, and can it be reached from here?',
      cause,
    })
  } finally {
    await pool.end()
  }
}

/** Said before an hour is spent on a run that could not be judged. @throws Failure */
export async function checkDatabase(url: string): Promise<void> {
  await withDatabase(url, async (pool) => {
    await pool.query('SELECT FROM lots_hot LIMIT 0')
  })
}
