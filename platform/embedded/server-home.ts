// Where the embedded server lives: `postgres/` in the data folder, which holds `data/` (PostgreSQL's own),
// `password`, `run/` (sockets) and, where needed, a copy of the server's programs.
import { chmod, lchown, lstat, mkdir, mkdtemp, realpath, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { codeOf, Failure } from '../failure.ts'
import { findServerUser, isReachable, type ServerUser } from './server-user.ts'

export interface ServerHome {
  /** The real path of the folder, whatever links lead to it. */
  readonly folder: string
  readonly data: string
  readonly passwordFile: string
  readonly run: string
  /** Who the server runs as; undefined: as this process. */
  readonly user: ServerUser | undefined
}

/** Where the server lives whose user may not enter the data folder. */
const reachableParent = '/var/lib/outcry'

/** What the kernel leaves for a socket's folder, of the 104 bytes it takes on macOS (Linux: 108). */
const runPathBytesMax = 75

/**
 * Finds or makes the home of the server whose data folder is `dataFolder`. As root, and where the server's
 * user may not enter that folder (a checkout below `/root`), the home is made below `/var/lib/outcry`, and
 * `postgres` in the data folder is a link to it: so it is found again, also after the checkout has moved.
 */
export async function settleHome(dataFolder: string): Promise<ServerHome> {
  await makeFolder(dataFolder)
  const place = join(await realpath(dataFolder), 'postgres')
  const user = await findServerUser(await ownerOf(join(place, 'data')))
  if (!(await exists(place))) await makeHome(place, user)
  const folder = await follow(place)
  const run = join(folder, 'run')
  await ownFolder(run, user)
  return { folder, data: join(folder, 'data'), passwordFile: join(folder, 'password'), run, user }
}

async function makeHome(place: string, user: ServerUser | undefined): Promise<void> {
  if (await isReachable(resolve(place, '..'), user)) {
    await ownFolder(place, user)
    return
  }
  await makeFolder(reachableParent)
  const home = await mkdtemp(join(reachableParent, 'data-'))
  await own(home, user)
  try {
    await symlink(home, place)
  } catch (error) {
    // Somebody else started at the same time and was first; the lock decides who goes on.
    await rm(home, { recursive: true })
    if (codeOf(error) !== 'EEXIST') throw error
  }
}

async function follow(place: string): Promise<string> {
  try {
    return await realpath(place)
  } catch (error) {
    throw new Failure(`${place} leads to a folder that is gone.`, {
      hint: 'Put it back, or remove the link to begin with an empty database.',
      cause: error,
    })
  }
}

/** Makes a folder which others may pass, whatever the umask says; one that is there stays as it is. */
async function makeFolder(path: string): Promise<void> {
  if ((await mkdir(path, { recursive: true })) !== undefined) await chmod(path, 0o755)
}

/** Makes a folder that belongs to the server's user and to nobody else; one that is there stays as it is. */
async function ownFolder(path: string, user: ServerUser | undefined): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    throw error
  }
  await own(path, user)
}

/** Gives a file, folder or link to the server's user. */
export async function own(path: string, user: ServerUser | undefined): Promise<void> {
  if (user !== undefined) await lchown(path, user.uid, user.gid)
}

async function ownerOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).uid
  } catch {
    return undefined
  }
}

/** True where something is at `path`, a link that leads nowhere included. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

/** A path short enough for the address of a socket, and how to let go of it. */
export interface SocketFolder {
  readonly path: string
  release(): Promise<void>
}

/** The folder itself, or where its path is too long for a socket's address a link to it with a short one. */
export async function socketFolder(run: string): Promise<SocketFolder> {
  if (Buffer.byteLength(run) <= runPathBytesMax) return { path: run, release: async () => {} }
  const short = await mkdtemp(join(tmpdir(), 'outcry-'))
  await chmod(short, 0o755)
  const path = join(short, 'run')
  await symlink(run, path)
  return { path, release: () => rm(short, { recursive: true, force: true }) }
}
