// `npm run migrate`: brings the database to the tables of this version, and says what it did. `npm start`
// does so by itself; a fleet runs this once, before its processes of the new version start.
import { join } from 'node:path'
import { z } from 'zod'
import { migrations } from './migrations.ts'
import { readConfig } from './platform/config.ts'
import { variable } from './platform/config-variables.ts'
import { EmbeddedPostgres } from './platform/embedded/embedded-postgres.ts'
import { createLogger } from './platform/log.ts'
import { placeOf } from './platform/postgres/explain-connection.ts'
import { migrate } from './platform/postgres/migrate.ts'
import { runMain } from './platform/run-process.ts'

const schema = z.object({
  DATABASE_URL: variable.url('postgres', 'postgresql').optional(),
  OUTCRY_DATA: variable.text().default(join(import.meta.dirname, '.outcry')),
})

async function migrateAndTell(url: string): Promise<void> {
  const applied = await migrate(url, migrations)
  for (const { source, file } of applied) process.stdout.write(`${source}: ${file}\n`)
  const outcome = applied.length === 0 ? 'was up to date' : 'is up to date now'
  process.stdout.write(`The database at ${placeOf(url)} ${outcome}.\n`)
}

await runMain(async () => {
  const config = readConfig(schema, process.env)
  if (config.DATABASE_URL !== undefined) return migrateAndTell(config.DATABASE_URL)
  const postgres = new EmbeddedPostgres({
    dataFolder: config.OUTCRY_DATA,
    log: createLogger({ name: 'migrate', level: 'warn' }),
  })
  await postgres.start()
  try {
    await migrateAndTell(postgres.url)
  } finally {
    await postgres.stop()
  }
})
