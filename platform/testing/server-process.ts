// A server program under the control of a test: killed and frozen at will, and never left behind.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export interface ServerProcessOptions {
  readonly program: string
  readonly args: readonly string[]
  /** What it says, on either output, when it takes connections. */
  readonly saysReady: string
}

/** How much of what it said is told where it does not start. */
const linesTold = 3

export class ServerProcess {
  readonly #process: ChildProcess

  private constructor(server: ChildProcess) {
    this.#process = server
  }

  /**
   * Resolves when it takes connections. However this process ends, the server ends with it.
   * @throws Error that says what the server said last, where it leaves instead.
   */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const { program, args, saysReady } = options
    const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    watchOver(server)
    let last: string[] = []
    await new Promise<void>((resolve, reject) => {
      const heed = (line: string) => {
        last = [...last, line].slice(-linesTold)
        if (line.includes(saysReady)) resolve()
      }
      createInterface(server.stdout).on('line', heed)
      createInterface(server.stderr).on('line', heed)
      server.once('error', reject)
      server.once('exit', () => reject(new Error(`${program} left: ${last.join('; ')}`)))
    })
    return new ServerProcess(server)
  }

  get pid(): number {
    const { pid } = this.#process
    if (pid === undefined) throw new Error('the server has no process')
    return pid
  }

  /** As a crash ends it. Resolves when the process is gone. */
  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#process
    if (exitCode !== null || signalCode !== null) return
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
  }

  /** It holds its connections and answers nothing. */
  freeze(): void {
    this.#process.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process.kill('SIGCONT')
  }
}

/** A shell that waits for this process to end, in whatever way, and then ends the server. */
function watchOver(server: ChildProcess): void {
  if (server.pid === undefined) return
  const guardian = spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$0"', String(server.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C goes to the whole group of a terminal, and the guardian is to outlive this process.
    detached: true,
  })
  guardian.on('error', () => {})
  guardian.unref()
  server.once('exit', () => guardian.kill('SIGKILL'))
}
