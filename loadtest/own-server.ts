// A server of the run's own: the all-in-one process on a data folder that is thrown away afterwards.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type RunningDatabase, reachRunning } from '../platform/embedded/embedded-postgres.ts'
import { Failure } from '../platform/failure.ts'

export interface OwnServer {
  /** `http://host:port`. */
  readonly url: string
  /** Of its `/metrics`. */
  readonly metricsUrl: string
  /** Of its database, which is one of its own unless the settings name another. */
  readonly databaseUrl: string
  readonly pid: number
  /** Resolves when it ends without having been told to. */
  readonly died: Promise<Failure>
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
  const dataFolder = join(folder, 'data')
  const child = spawn(process.execPath, [main], {
    // Nothing of this shell's own: a DATABASE_URL there is not for this server.
    env: {
      OUTCRY_DATA: dataFolder,
      PORT: '0',
      METRICS_PORT: '0',
      LOG_LEVEL: 'warn',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Ctrl-C at the terminal is for us to hear; the server is told by `stop`, once.
    detached: true,
  })
  let isStopping = false
  const died = new Promise<Failure>((resolve) => {
    child.once('exit', (code, signal) => {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`
      if (!isStopping) resolve(new Failure(`The server of this run ended ${how}.`))
    })
  })
  let database: RunningDatabase | undefined
  const stop = async () => {
    isStopping = true
    await end(child)
    await database?.release()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const addresses = await addressesOf(child)
    if (child.pid === undefined) throw new Error('the server has no process')
    const { pid } = child
    const named = settings['DATABASE_URL']
    if (named === undefined) database = await reachRunning(dataFolder)
    const databaseUrl = named ?? database?.url ?? ''
    return { ...addresses, databaseUrl, pid, died, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The addresses that the server prints when it is ready. */
async function addressesOf(child: ChildProcess): Promise<Pick<OwnServer, 'url' | 'metricsUrl'>> {
  let said = ''
  const addresses = new Promise<Pick<OwnServer, 'url' | 'metricsUrl'>>((resolve) => {
    const hear = (text: Buffer) => {
      said += text.toString()
      const [, url] = /\bHTTP\s+(https?:\/\/\S+)\s/.exec(said) ?? []
      const [, metricsUrl] = /\bmetrics\s+(https?:\/\/\S+)\s/.exec(said) ?? []
      if (url !== undefined && metricsUrl !== undefined) {
        resolve({ url: byAddress(url), metricsUrl: byAddress(metricsUrl) })
      }
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
    return await Promise.race([addresses, why])
  } finally {
    timer.abort()
  }
}

/** Nobody needs to look up where this machine is, ten thousand times. */
function byAddress(url: string): string {
  return url.replace('//localhost:', '//127.0.0.1:')
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  const impatience = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  child.kill('SIGTERM')
  await ended
  clearTimeout(impatience)
}
