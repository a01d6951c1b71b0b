// What an earlier process of ours may have left behind when it was killed: a server that still runs, or the
// file with its process number. All of it under the home's lock, so nobody else means the same server.
import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { codeOf } from '../failure.ts'
import { isAlive } from '../is-alive.ts'
import { endProcess } from './postmaster.ts'
import type { ServerHome } from './server-home.ts'

/** Ends a server that still runs on the home's data, and makes sure that its traces stop no new one. */
export async function endLeftover(home: ServerHome): Promise<void> {
  await endServer(home)
  // PostgreSQL would take a reused process number in the lock beside its socket for a living server.
  await rm(join(home.run, '.s.PGSQL.5432'), { force: true })
  await rm(join(home.run, '.s.PGSQL.5432.lock'), { force: true })
}

async function endServer(home: ServerHome): Promise<void> {
  const file = join(home.data, 'postmaster.pid')
  const lines = await readLines(file)
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return
  if (await servesData(pid, home.data)) {
    await endProcess(pid, async () => !(await servesData(pid, home.data)))
    return
  }
  // The number now belongs to another program (after a restart of the machine or the container), which
  // PostgreSQL would take for its own. Our number says "stale" to it, since the parent of a server is never
  // one. The file itself stays: by its other lines PostgreSQL finds processes which a killed server left,
  // and waits for them rather than ruin the data.
  if (isAlive(pid)) await writeFile(file, [process.pid, ...lines.slice(1)].join('\n'))
}

async function readLines(file: string): Promise<string[]> {
  try {
    return (await readFile(file, 'utf8')).split('\n')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

/** True where the process is a server of ours on `data`. A process that is only waiting to be reaped is not. */
async function servesData(pid: number, data: string): Promise<boolean> {
  try {
    if (process.platform === 'linux') {
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').includes(data)
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)])
    return stdout.includes(`-D ${data} `)
  } catch {
    return false
  }
}
