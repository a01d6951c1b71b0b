// The real thing: `node main.ts` as a process of its own, to be killed, told to end, or started wrongly.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { waitFor } from '../../platform/testing/wait-for.ts'

const main = fileURLToPath(new URL('../../main.ts', import.meta.url))

export interface OutcryProcess {
  readonly child: ChildProcess
  /** What it has said so far, on both outputs. */
  readonly said: () => string
  /** How it ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
  /** Resolves with its address when it listens; rejects where it ends instead. */
  ready(): Promise<string>
}

/** Every process that a test started, so that none outlives it. */
const started = new Set<ChildProcess>()

export function startProcess(env: Readonly<Record<string, string>>): OutcryProcess {
  const child = spawn(process.execPath, [main], {
    // Nothing of this shell's own: a DATABASE_URL there is not for the tests.
    env: { PORT: '0', METRICS_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.add(child)
  let said = ''
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (text: Buffer) => {
      said += text.toString()
    })
  }
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => {
    started.delete(child)
    return (code ?? signal) as number | string
  })
  return {
    child,
    said: () => said,
    ended,
    ready: () =>
      waitFor(
        () => {
          if (child.exitCode !== null) return new Error(`it ended instead of listening:\n${said}`)
          return /Ctrl-C drains/.test(said) && /http:\/\/localhost:\d+/.exec(said)?.[0]
        },
        { timeoutMs: 60_000, what: 'the server’s address' },
      ).then((address) => {
        if (address instanceof Error) throw address
        return address
      }),
  }
}

/** For `afterEach`: ends whatever a failed test left running. */
export async function endProcesses(): Promise<void> {
  for (const child of started) {
    const ended = once(child, 'close')
    child.kill('SIGKILL')
    await ended
  }
}
