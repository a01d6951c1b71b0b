// Under which conditions figures came about; without them they mean nothing.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Room } from '../command/room.ts'

export interface Conditions {
  /** ISO 8601. */
  readonly startedAt: string
  readonly endedAt: string
  /** As it was typed, without passwords. */
  readonly commandLine: readonly string[]
  readonly machine: {
    readonly processor: string
    readonly cores: number
    readonly memoryBytes: number
    readonly kernel: string
    /** Of the last minute, when the run began: what else went on. */
    readonly loadAverage: number
    readonly openFilesMax: number
  }
  readonly versions: { readonly outcry: string; readonly node: string }
  /** Of this checkout; absent where it is none. */
  readonly commit?: string
  /** The variables of limits that nobody was held to, as far as is known here. */
  readonly limitsLifted: readonly string[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Beginning {
  readonly commandLine: readonly string[]
  readonly room: Room
  readonly limitsLifted: readonly string[]
}

/** Looks at the machine now; what it returns is called at the end of the run. */
export async function noteConditions({
  commandLine,
  room,
  limitsLifted,
}: Beginning): Promise<() => Conditions> {
  const startedAt = new Date().toISOString()
  const [loadAverage = 0] = loadavg()
  const commit = await commitHere()
  return () => ({
    startedAt,
    endedAt: new Date().toISOString(),
    commandLine: commandLine.map(withoutPassword),
    machine: {
      processor: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      kernel: `${type()} ${release()}`,
      loadAverage,
      openFilesMax: room.openFilesMax,
    },
    versions: { outcry: outcryVersion(), node: process.versions.node },
    ...(commit === undefined ? {} : { commit }),
    limitsLifted,
  })
}

/** Those of databases have one. */
function withoutPassword(word: string): string {
  return word.replace(/(:\/\/[^:@/\s]*):[^@/\s]*@/, '$1:…@')
}

function outcryVersion(): string {
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
    readonly version: string
  }
  return version
}

async function git(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['-C', root, ...words])
  return stdout.trim()
}

async function commitHere(): Promise<string | undefined> {
  try {
    const commit = await git('rev-parse', '--short=12', 'HEAD')
    const changed = await git('status', '--porcelain', '--untracked-files=no')
    return changed === '' ? commit : `${commit}, with changes`
  } catch {
    return undefined
  }
}
