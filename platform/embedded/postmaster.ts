// The server's process: starting it, knowing when it is ready, ending it.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf } from '../failure.ts'
import { endOf, type ProcessEnd } from '../servers/process-end.ts'
import type { ServerHome } from './server-home.ts'

/** A line of the server's log: `LOG`, `FATAL`, `PANIC` and what it says. */
export interface ServerLine {
  readonly severity: string
  readonly text: string
}

export interface Postmaster {
  readonly pid: number
  /** Resolves when the process is gone. */
  readonly ended: Promise<ProcessEnd>
  /** Ends transactions, writes a checkpoint, leaves. Resolves when the process is gone. */
  stop(): Promise<void>
}

/** The server left, or could not be run, before it took connections; `message` is its last fatal word. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError'
}

/** Signals in the order of rising force, and how long each may take. A shutdown writes a checkpoint. */
const endings = [
  { signal: 'SIGINT', timeoutMs: 30_000 },
  { signal: 'SIGQUIT', timeoutMs: 5_000 },
  { signal: 'SIGKILL', timeoutMs: 5_000 },
] as const
const pollMs = 20

const readyLine = 'database system is ready to accept connections'

/** How each program of the server is run. Nothing of our own environment reaches it. */
export function spawnOptions(home: ServerHome) {
  const { user } = home
  return {
    cwd: home.folder,
    // UTC spares initdb a search through all time zones.
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    // A group of its own: Ctrl-C goes to a terminal's whole group, and the server is the last to leave.
    detached: true,
    ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
  }
}

/**
 * Runs `postgres` and waits until it takes connections.
 * @param onLine Told each line of the server's log, for as long as it runs.
 * @param variables Beside those of every program of the server.
 * @throws ServerStartError where it leaves before.
 */
export async function startPostmaster(
  postgres: string,
  home: ServerHome,
  settings: Readonly<Record<string, string>>,
  onLine: (line: ServerLine) => void,
  variables: Readonly<Record<string, string>> = {},
): Promise<Postmaster> {
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { env, ...asOthers } = spawnOptions(home)
  const server = spawn(postgres, ['-D', home.data, ...options], {
    ...asOthers,
    env: { ...env, ...variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let lastFatal = ''
  const ended = endOf(server)
  await new Promise<void>((resolve, reject) => {
    createInterface(server.stderr).on('line', (text) => {
      const line = parseLine(text)
      if (line.severity === 'FATAL' || line.severity === 'PANIC') lastFatal = line.text
      if (line.text === readyLine) resolve()
      onLine(line)
    })
    server.once('error', reject)
    server.once('close', () => reject(new ServerStartError(lastFatal || 'it left without a word')))
  })
  const guardian = watchOver(server, home)
  void ended.then(() => guardian.kill('SIGKILL'))
  const pid = pidOf(server)
  return {
    pid,
    ended,
    stop: () => endProcess(pid, () => server.exitCode !== null || server.signalCode !== null),
  }
}

/** `FATAL:  the words`; a line in no such shape comes from the program loader and says why it failed. */
function parseLine(text: string): ServerLine {
  const match = /^([A-Z]+): {2}(.*)$/.exec(text)
  return { severity: match?.[1] ?? 'FATAL', text: match?.[2] ?? text }
}

/**
 * A shell that waits for this process to end, in whatever way, and then ends the server: kill -9 leaves no
 * server behind. Where the guardian is killed too, the next start ends what is left.
 */
function watchOver(server: ChildProcess, home: ServerHome): ChildProcess {
  const guardian = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$0"', String(server.pid)], {
    ...spawnOptions(home),
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guardian.on('error', () => {})
  guardian.unref()
  return guardian
}

function pidOf(server: ChildProcess): number {
  if (server.pid === undefined) throw new ServerStartError('it has no process number')
  return server.pid
}

/**
 * Asks a server's process to leave, ever more firmly, and waits until `isGone`.
 * @throws Error where even SIGKILL did not help (a disk that hangs).
 */
export async function endProcess(
  pid: number,
  isGone: () => boolean | Promise<boolean>,
): Promise<void> {
  if (await isGone()) return
  for (const { signal, timeoutMs } of endings) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if (codeOf(error) === 'ESRCH') return
      throw error
    }
    for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += pollMs) {
      if (await isGone()) return
      await sleep(pollMs)
    }
  }
  throw new Error(`process ${pid} of PostgreSQL does not end`)
}
