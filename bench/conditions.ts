// Under which conditions figures came about; without them they mean nothing.
import { execFile } from 'node:child_process'
import { availableParallelism, cpus, loadavg, release, type } from 'node:os'
import { promisify } from 'node:util'

export interface Conditions {
  readonly processor: string
  readonly cores: number
  readonly kernel: string
  readonly node: string
  /** Of this checkout, and whether it was changed since; absent where it is none. */
  readonly commit?: string
  /** Of the last minute, when the bench began: what else went on. */
  readonly loadAverage: number
  /** ISO 8601. */
  readonly startedAt: string
  readonly rounds: number
  readonly seconds: number
}

/** Those of this machine, now. */
export async function conditionsNow(rounds: number, seconds: number): Promise<Conditions> {
  const [loadAverage = 0] = loadavg()
  const commit = await commitHere()
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    kernel: `${type()} ${release()}`,
    node: process.versions.node,
    ...(commit === undefined ? {} : { commit }),
    loadAverage,
    startedAt: new Date().toISOString(),
    rounds,
    seconds,
  }
}

async function git(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', words, { cwd: import.meta.dirname })
  return stdout.trim()
}

/** All but what a bench writes itself, section by section. */
const sources = [':/', ':(top,exclude)docs/benchmarks.json', ':(top,exclude)docs/benchmarks.md']

async function commitHere(): Promise<string | undefined> {
  try {
    const commit = await git('rev-parse', '--short=12', 'HEAD')
    const changed = await git('status', '--porcelain', '--untracked-files=no', '--', ...sources)
    return changed === '' ? commit : `${commit} with changes`
  } catch {
    return undefined
  }
}

export function describeConditions(conditions: Conditions): string {
  const { processor, cores, kernel, node, commit, loadAverage, startedAt, rounds, seconds } =
    conditions
  return [
    `${cores} cores (${processor}) for servers and clients together, ${kernel}, Node ${node}${commit === undefined ? '' : `, commit ${commit}`};`,
    `measured ${startedAt.slice(0, 16).replace('T', ' ')} UTC at a load average of ${loadAverage.toFixed(1)};`,
    `medians of ${rounds} interleaved ${rounds === 1 ? 'round' : 'rounds'} with ${seconds} s for each turn where nothing else is said.`,
  ].join(' ')
}
