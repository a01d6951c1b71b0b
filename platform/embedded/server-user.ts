// PostgreSQL refuses to run as root. Where this process is root, the server runs as somebody else, and
// that somebody must be able to reach every file it needs.
import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Failure } from '../failure.ts'

/** Who the server's processes run as. */
export interface ServerUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** In this order: made for us, made for PostgreSQL, there on every system. */
const candidates = ['outcry', 'postgres', 'nobody']

/**
 * The user the server must run as, or undefined where this process is not root and the server simply
 * runs as the same user. No account is ever created: a container may have no `useradd`, and a machine
 * an owner who wants to be asked. initdb looks its user up by name, hence one that is in `/etc/passwd`.
 * @param owner Who owns the data already there: that user stays, whoever else would be preferred.
 */
export async function findServerUser(owner: number | undefined): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const accounts = parseAccounts(await readFile('/etc/passwd', 'utf8'))
  const user =
    accounts.find(({ uid }) => uid === owner && uid !== 0) ??
    candidates
      .map((wanted) => accounts.find(({ name }) => name === wanted))
      .find((account) => account !== undefined)
  if (user === undefined) {
    throw new Failure(
      'PostgreSQL refuses to run as root, and this machine has no other user for it.',
      {
        hint: 'Add a system user called outcry, or start Outcry as an ordinary user.',
      },
    )
  }
  return user
}

/** The accounts of a `passwd` file, without root's. */
export function parseAccounts(passwd: string): ServerUser[] {
  return passwd
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: toId(uid), gid: toId(gid) }))
    .filter(({ name, uid, gid }) => name !== '' && uid > 0 && gid > 0)
}

/** macOS writes `nobody` as -2, which the kernel takes as 32 bits without a sign. */
function toId(text: string | undefined): number {
  return Number.parseInt(text ?? '', 10) >>> 0
}

/** True where `user` may pass every folder above `path` and `path` itself. Looks at modes, not at ACLs. */
export async function isReachable(path: string, user: ServerUser | undefined): Promise<boolean> {
  if (user === undefined) return true
  for (let folder = path; ; folder = dirname(folder)) {
    const { uid, gid, mode } = await stat(folder)
    const passes = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & passes) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
