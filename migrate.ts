// `npm run migrate`: brings the database to the tables of this version, and says what it did. `npm start`
// does so by itself; a fleet runs this once, before its processes of the new version start.
import { withDatabase } from './command-database.ts'
import { migrations } from './migrations.ts'
import { placeOf } from './platform/postgres/explain-connection.ts'
import { migrate } from './platform/postgres/migrate.ts'
import { runMain } from './platform/run-process.ts'

async function migrateAndTell(url: string): Promise<void> {
  const applied = await migrate(url, migrations)
  for (const { source, file } of applied) process.stdout.write(`${source}: ${file}\n`)
  const outcome = applied.length === 0 ? 'was up to date' : 'is up to date now'
  process.stdout.write(`The database at ${placeOf(url)} ${outcome}.\n`)
}

await runMain(() => withDatabase(process.env, migrateAndTell))
