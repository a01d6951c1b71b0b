// Brings a database to the tables of this version: numbered SQL files, run once each and in order.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Client } from 'pg'
import type Postgrator from 'postgrator'
import { codeOf, Failure } from '../failure.ts'
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
/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const undefinedTable = '42P01'

/**
 * Runs what the database has not seen yet, source after source in the order given, all in one transaction:
 * either the database is of this version afterwards, or it is as it was. Processes that start at once wait
 * for each other. The tables of the job library are brought beside them, in transactions of its own.
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
    if (await isUpToDate(client, sources)) {
      await migrateJobs(url)
      return []
    }
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock($1)', [advisoryLock])
    const applied = await bothOf(migrateSources(client, sources), migrateJobs(url))
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

/**
 * Whether the database has every file as it is now, and none beyond. One question where the library below asks one
 * for each file, and is not even loaded for it: a fifth of the time.
 */
async function isUpToDate(client: Client, sources: readonly MigrationSource[]): Promise<boolean> {
  const questions = sources.map(
    ({ name }) =>
      `SELECT '${name}' AS source, version, md5 FROM schema_version_${name} WHERE version > 0`,
  )
  try {
    const [{ rows: run }, known] = await Promise.all([
      client.query<KnownFile>(questions.join(' UNION ALL ')),
      Promise.all(sources.map(filesOf)),
    ])
    const isRun = new Set(run.map(nameOf))
    const files = known.flat().map(nameOf)
    return files.length === isRun.size && files.every((file) => isRun.has(file))
  } catch (error) {
    if (codeOf(error) === undefinedTable) return false
    throw error
  }
}

interface KnownFile {
  readonly source: string
  /** A `bigint` comes as text. */
  readonly version: string | number
  readonly md5: string | null
}

const nameOf = ({ source, version, md5 }: KnownFile): string => `${source} ${version} ${md5}`

/** The files of a source, with their sums as the library keeps them: of the text with the line ends of Unix. */
async function filesOf({ name, folder }: MigrationSource): Promise<readonly KnownFile[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql'))
  return Promise.all(
    files.map(async (file) => {
      const text = (await readFile(join(folder, file), 'utf8')).replaceAll(/\r\n|\r/g, '\n')
      const md5 = createHash('md5').update(text).digest('hex')
      return { source: name, version: Number.parseInt(file, 10), md5 }
    }),
  )
}

/** Where one fails, the other is waited for: it would go on beside whoever tries again. */
async function bothOf<Result>(one: Promise<Result>, other: Promise<void>): Promise<Result> {
  await Promise.allSettled([one, other])
  const result = await one
  await other
  return result
}

async function migrateSources(
  client: Client,
  sources: readonly MigrationSource[],
): Promise<AppliedMigration[]> {
  // Loaded where there is something to run.
  const { default: Library } = await import('postgrator')
  const applied: AppliedMigration[] = []
  for (const source of sources) applied.push(...(await migrateSource(Library, client, source)))
  return applied
}

async function migrateSource(
  Library: typeof Postgrator,
  client: Client,
  source: MigrationSource,
): Promise<AppliedMigration[]> {
  const { name, folder } = source
  const postgrator = new Library({
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
