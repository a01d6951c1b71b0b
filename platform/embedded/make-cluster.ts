// The first start: an empty database, with a password nobody chose.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Failure } from '../failure.ts'
import { spawnOptions } from './postmaster.ts'
import { exists, own, type ServerHome } from './server-home.ts'
import type { Durability } from './server-settings.ts'

/** The one role of the server, and the one database. */
export const roleName = 'outcry'

/**
 * Makes the server's data where there are none yet. Built beside its place and moved there when it is whole,
 * so an interrupted first start leaves nothing that looks like data.
 * @param onWaiting Told when the program that makes them is under way.
 * @returns Whether there were none.
 */
export async function makeCluster(
  initdb: string,
  home: ServerHome,
  durability: Durability,
  onWaiting: () => void = () => {},
): Promise<boolean> {
  if (await exists(home.data)) return false
  await writePassword(home)
  const unfinished = `${home.data}.new`
  await rm(unfinished, { recursive: true, force: true })
  const made = runInitdb(initdb, home, unfinished, durability)
  onWaiting()
  await made
  await rename(unfinished, home.data)
  return true
}

async function writePassword(home: ServerHome): Promise<void> {
  await writeFile(home.passwordFile, `${randomBytes(24).toString('hex')}\n`)
  await chmod(home.passwordFile, 0o600)
  await own(home.passwordFile, home.user)
}

/** @throws Failure */
export async function readPassword(home: ServerHome): Promise<string> {
  try {
    return (await readFile(home.passwordFile, 'utf8')).trim()
  } catch (error) {
    throw new Failure(`The password of the database cannot be read from ${home.passwordFile}.`, {
      hint: 'Put the file back from a copy; it was made together with the data.',
      cause: error,
    })
  }
}

async function runInitdb(
  initdb: string,
  home: ServerHome,
  folder: string,
  durability: Durability,
): Promise<void> {
  const options = [
    `--pgdata=${folder}`,
    `--username=${roleName}`,
    `--pwfile=${home.passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The same order of text on every machine, whatever its own languages are.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(durability === 'none' ? ['--no-sync'] : []),
  ]
  await promisify(execFile)(initdb, options, spawnOptions(home))
}

/** Stops where the data were made by another major version, which this one cannot read. */
export async function checkVersion(home: ServerHome, programsVersion: string): Promise<void> {
  const made = (await readFile(join(home.data, 'PG_VERSION'), 'utf8')).trim()
  const brought = programsVersion.split('.')[0]
  if (made === brought) return
  throw new Failure(
    `The data in ${home.data} were made by PostgreSQL ${made}; this version of Outcry brings ${brought}.`,
    { hint: `Move them with pg_dump of version ${made}, or set OUTCRY_DATA to another folder.` },
  )
}
