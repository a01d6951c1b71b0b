// Brings a database to the tables of this version: numbered SQL files, run once each and in order.
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Client } from 'pg'
import Postgrator from 'postgrator'
import { Failure } from '../failure.ts'
import { classifyDatabaseError } from '../retry.ts'
import { explainConnection } from './explain-connection.ts'
import { migrateJobs } from './job-tables.ts'
import { reachDatabase } from './reach-database.ts'

/** The SQL of one service: files named `000001.do.what-it-brings.sql`, counted without a gap from 1. */
export interface MigrationSource {
  /** Lower-case letters and underscores; its files are counted in the table `schema_version_<name>`. */
  readonly name: string
  readonly folder: string
}

/** One file that was run. */
export interface AppliedMigration {
  readonly source: string
  readonly file: string
}

/** Any constant will do, as long as all processes of all versions take the same. */
const advisoryLock = 7_102_024_001

/**
 * Runs what the database has not seen yet, source after source in the order given, all in one transaction:
 * either the database is of this version afterwards, or it is as it was. Processes that start at once wait
 * for each other. The tables of the job library come with them, in transactions of its own.
 * @param waitMs how long it waits for a server that is not there. Default: as `reachDatabase`
 * @returns What was run: nothing where the database was up to date.
 * @throws Failure: out of reach, made by a newer version, or a file that was changed after it was run.
 */
export async function migrate(
  url: string,
  sources: readonly MigrationSource[],
  waitMs?: number,
): Promise<AppliedMigration[]> {
  const client = await reachDatabase(url, 'outcry migrate', waitMs)
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock])
    const applied: AppliedMigration[] = []
    for (const source of sources) applied.push(...(await migrateSource(client, source)))
    await migrateJobs(url)
    await client.query('COMMIT')
    return applied
  } catch (error) {
    // A server that goes away meanwhile is waited for as one that is not there.
    throw classifyDatabaseError(error) === undefined ? error : explainConnection(error, url)
  } finally {
    // Without a COMMIT the server undoes everything when the connection ends.
    await client.end()
  }
}

async function migrateSource(client: Client, source: MigrationSource): Promise<AppliedMigration[]> {
  const { name, folder } = source
  const postgrator = new Postgrator({
    driver: 'pg',
    schemaTable: `schema_version_${name}`,
    migrationPattern: join(escapeGlob(folder), '*.sql'),
    // A checkout on Windows may have other line ends; the file is the same.
    newline: 'LF',
    execQuery: (sql) => client.query(sql),
  })
  await refuseNewer(postgrator, source)
  try {
    const applied = await postgrator.migrate()
    return applied.map(({ filename }) => ({ source: name, file: basename(filename) }))
  } catch (error) {
    const words = (error instanceof Error ? error.message : String(error)).replace(
      /^MD5 checksum failed for migration \[(\d+)\]$/,
      'file $1 was changed after it had been run',
    )
    throw new Failure(`The tables of ${name} could not be brought up to date: ${words}.`, {
      hint: `The database is as it was. The SQL is in ${folder}.`,
      cause: error,
    })
  }
}

async function refuseNewer(
  postgrator: Postgrator,
  { name, folder }: MigrationSource,
): Promise<void> {
  const has = await postgrator.getDatabaseVersion()
  const knows = (await readdir(folder)).filter((file) => file.endsWith('.sql')).length
  if (has <= knows) return
  throw new Failure(
    `The database is newer than this version of Outcry: ${name} is at ${has}, known here up to ${knows}.`,
    { hint: 'Start the version that made it, or a newer one.' },
  )
}

/** The checkout may lie in a folder called `[old]`; only the last part of the path is a pattern. */
function escapeGlob(path: string): string {
  return path.replaceAll(/[*?[\]{}()!+@]/g, '[$&]')
}
