// The real command, as somebody starts it who has no terminal, and what its lines say.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { ClusterDescription } from '../description.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const startTimeoutMs = 120_000

export interface ClusterProcess {
  readonly child: ChildProcess
  /** What it has said so far, on both outputs. */
  readonly said: () => string
  /** The lines on one process: `pid 4711: starting`. */
  readonly linesOn: (name: string) => readonly string[]
  /** Resolves with its exit code, or the signal that ended it, when nobody is left who could say more. */
  readonly ended: Promise<number | string>
}

export function startCluster(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ClusterProcess {
  return startCommand([process.execPath, main, ...args], env)
}

/** The same as a child of another process, as npm has it: `child` is that one. */
export function startClusterByNpm(args: readonly string[]): ClusterProcess {
  const command = ['/bin/sh', '-c', '"$0" "$@"; true', process.execPath, main, ...args] as const
  return startCommand(command, { npm_lifecycle_event: 'cluster' })
}

function startCommand(
  [program, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): ClusterProcess {
  const child = spawn(program, args, {
    // Nothing of this shell's own, but where programs are.
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (said: Buffer) => {
      text += said.toString()
    })
  }
  const said = () => text
  return {
    child,
    said,
    linesOn: (name) =>
      text.split('\n').flatMap((line) => line.split(new RegExp(`^\\S+ ${name}[,:] `)).slice(1)),
    ended: once(child, 'close').then(
      ([code, signal]: unknown[]) => (code ?? signal) as number | string,
    ),
  }
}

/** What the cluster writes when all of it is at work. @throws Error with what it said, where it ends */
export async function described(
  cluster: ClusterProcess,
  file: string,
): Promise<ClusterDescription> {
  const found = await waitFor(
    async () => {
      if (cluster.child.exitCode !== null) return new Error(`it ended:\n${cluster.said()}`)
      return JSON.parse(await readFile(file, 'utf8')) as ClusterDescription
    },
    { timeoutMs: startTimeoutMs, what: 'the description of the cluster' },
  )
  if (found instanceof Error) throw found
  return found
}

/** The process numbers of all whom the lines have told of. */
export function pidsIn(said: string): readonly number[] {
  return [...new Set([...said.matchAll(/, pid (\d+)/g)].map(([, pid]) => Number(pid)))]
}
