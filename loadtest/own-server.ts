// A server of the run's own: the all-in-one process on a data folder that is thrown away afterwards.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Failure } from '../platform/failure.ts'

export interface OwnServer {
  /** `http://host:port`. */
  readonly url: string
  /** Drains it, waits for its end and removes its data. */
  stop(): Promise<void>
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const startTimeoutMs = 60_000
const stopTimeoutMs = 40_000

/**
 * Starts it on free ports.
 * @param settings environment variables for it, such as limits that the run must raise
 * @throws Failure with the last words of a server that did not come up
 */
export async function startOwnServer(
  settings: Readonly<Record<string, string>>,
): Promise<OwnServer> {
  const folder = await mkdtemp(join(tmpdir(), 'outcry-'))
  // PostgreSQL does not run as root: where we do, the user that it runs as must get through.
  await chmod(folder, 0o755)
  const child = spawn(process.execPath, [main], {
    // Nothing of this shell's own: a DATABASE_URL there is not for this server.
    env: {
      OUTCRY_DATA: join(folder, 'data'),
      PORT: '0',
      METRICS_PORT: '0',
      LOG_LEVEL: 'warn',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C at the terminal is for us to hear; the server is told by `stop`, once.
    detached: true,
  })
  const stop = async () => {
    await end(child)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    return { url: await addressOf(child), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The address that the server prints when it is ready. */
async function addressOf(child: ChildProcess): Promise<string> {
  let said = ''
  const address = new Promise<string>((resolve) => {
    const hear = (text: Buffer) => {
      said += text.toString()
      const [found] = /https?:\/\/[\w.:[\]-]+/.exec(said) ?? []
      if (found !== undefined) resolve(found)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
  })
  const timer = new AbortController()
  const ended = once(child, 'exit').then(([code]) => `ended with exit code ${code}`)
  const late = sleep(startTimeoutMs, 'did not start in time', { signal: timer.signal })
  try {
    const why = Promise.race([ended, late]).then((says) => {
      throw new Failure(`The server ${says}. It said:\n${said.trim()}`)
    })
    return await Promise.race([address, why])
  } finally {
    timer.abort()
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  const impatience = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  child.kill('SIGTERM')
  await ended
  clearTimeout(impatience)
}
