// How much time the processors have spent on some processes, or on nothing, as Linux counts it; elsewhere it is
// always 0.
import { readFile } from 'node:fs/promises'

/** The unit of `/proc/<pid>/stat` (`sysconf(_SC_CLK_TCK)`), the same on every Linux that Node runs on. */
const tickMs = 10
/** Fields of that file behind the name of the program, which may hold spaces: utime, stime, cutime, cstime. */
const timeFields = [11, 12, 13, 14]

/** What was spent while something was done, in ms of a processor. */
export interface Spent<Name extends string> {
  /** By each process that was looked at, and by all that it has started. */
  readonly ms: Readonly<Record<Name, number>>
  /** By this process alone. */
  readonly ownMs: number
  /** By all processors together, with nothing to do. */
  readonly idleMs: number
  /** How long it took. */
  readonly elapsedMs: number
}

/** @throws what `act` throws */
export async function spentWhile<Name extends string, Result>(
  pids: Readonly<Record<Name, number>>,
  act: () => Promise<Result>,
): Promise<readonly [Result, Spent<Name>]> {
  const [before, idleBeforeMs] = [await processorMsOf(pids), await idleMs()]
  const [ownBefore, startedMs] = [process.cpuUsage(), performance.now()]
  const result = await act()
  const elapsedMs = performance.now() - startedMs
  const { user, system } = process.cpuUsage(ownBefore)
  const [after, idleAfterMs] = [await processorMsOf(pids), await idleMs()]
  const ms = { ...after }
  for (const name of namesOf(pids)) ms[name] -= before[name]
  return [
    result,
    { ms, ownMs: (user + system) / 1_000, idleMs: idleAfterMs - idleBeforeMs, elapsedMs },
  ]
}

export function microsEach(ms: number, operations: number): number {
  return (ms * 1_000) / Math.max(1, operations)
}

/**
 * Of these processes and of all that they started, since each began, to 10 ms; what has ended counts once it was
 * waited for.
 */
export async function processorMs(pids: readonly number[]): Promise<number> {
  const each = await Promise.all(pids.map(ofFamily))
  return each.reduce((sum, ms) => sum + ms, 0)
}

async function processorMsOf<Name extends string>(
  pids: Readonly<Record<Name, number>>,
): Promise<Record<Name, number>> {
  const each = namesOf(pids).map(async (name) => [name, await ofFamily(pids[name])] as const)
  return Object.fromEntries(await Promise.all(each)) as Record<Name, number>
}

function namesOf<Name extends string>(pids: Readonly<Record<Name, number>>): readonly Name[] {
  return Object.keys(pids) as Name[]
}

/** Of all processors together, since the machine was started: idle, or waiting for a disk. */
async function idleMs(): Promise<number> {
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
