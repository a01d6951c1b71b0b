// How much time the processors have spent on some processes, or on nothing, as Linux counts it; elsewhere it is
// always 0.
import { readFile } from 'node:fs/promises'

/** The unit of `/proc/<pid>/stat` (`sysconf(_SC_CLK_TCK)`), the same on every Linux that Node runs on. */
const tickMs = 10
/** Fields of that file behind the name of the program, which may hold spaces: utime, stime, cutime, cstime. */
const timeFields = [11, 12, 13, 14]

/**
 * Of these processes and of all that they started, since each began, to 10 ms; what has ended counts once it was
 * waited for.
 */
export async function processorMs(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map(ofFamily))
  return each.reduce((sum, ms) => sum + ms, 0)
}

/** Of all processors together, since the machine was started: idle, or waiting for a disk. */
export async function idleMs(): Promise<number> {
  const [, , , , idle, waiting] = (await textOf('/proc/stat')).split(/\s+/, 6)
  return (Number(idle ?? 0) + Number(waiting ?? 0)) * tickMs
}

async function ofFamily(pid: number): Promise<number> {
  const [own, children] = await Promise.all([ownMs(pid), childrenOf(pid)])
  return own + (await processorMs(children))
}

async function ownMs(pid: number): Promise<number> {
  const stat = await textOf(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return timeFields.reduce((sum, field) => sum + Number(fields[field] ?? 0), 0) * tickMs
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const children = await textOf(`/proc/${pid}/task/${pid}/children`)
  return children.trim().split(/\s+/).filter(Boolean).map(Number)
}

/** A process may be gone by now. */
async function textOf(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch(() => '')
}
