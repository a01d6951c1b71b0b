// The tables of the job library, which it brings to a database itself.
import { Pool } from 'pg'

/** Brings them to its version; where they are, nothing happens. Safe to call from several processes at once. */
export async function migrateJobs(url: string): Promise<void> {
  // Loaded here, so that PostgreSQL need not wait for it.
  const { Logger, runMigrations } = await import('graphile-worker')
  const pgPool = new Pool({
    connectionString: url,
    max: 1,
    application_name: 'outcry migrate',
    // It commits each of its files. What a power cut takes of them the next start brings again, and whoever commits
    // something afterwards, as the caller does, keeps it.
    options: '-c synchronous_commit=off',
  })
  // A connection that is cut fails the statement under way; the events alone would end the process.
  pgPool.on('error', () => {})
  pgPool.on('connect', (client) => client.on('error', () => {}))
  try {
    // What it has to say is in what it throws.
    await runMigrations({ pgPool, logger: new Logger(() => () => {}) })
  } finally {
    await pgPool.end()
  }
}
