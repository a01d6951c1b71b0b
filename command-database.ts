// The database that a command works on: that of DATABASE_URL, else the embedded one, started for as long.
import { join } from 'node:path'
import { z } from 'zod'
import { readConfig } from './platform/config.ts'
import { variable } from './platform/config-variables.ts'
import { EmbeddedPostgres } from './platform/embedded/embedded-postgres.ts'
import { createLogger } from './platform/log.ts'

const schema = z.object({
  DATABASE_URL: variable.url('postgres', 'postgresql').optional(),
  OUTCRY_DATA: variable.text().default(join(import.meta.dirname, '.outcry')),
})

/** Does `work` on the database. @throws Failure where it is out of reach, and what `work` throws */
export async function withDatabase(
  env: Readonly<Record<string, string | undefined>>,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const config = readConfig(schema, env)
  if (config.DATABASE_URL !== undefined) return work(config.DATABASE_URL)
  const postgres = new EmbeddedPostgres({
    dataFolder: config.OUTCRY_DATA,
    log: createLogger({ name: 'command', level: 'warn' }),
  })
  await postgres.start()
  try {
    await work(postgres.url)
  } finally {
    await postgres.stop()
  }
}
