// A server program as a child of this process: killed and frozen at will, and never left behind.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { watchOver } from './guardian.ts'
import { endOf, type ProcessEnd } from './process-end.ts'

export interface ServerProcessOptions {
  readonly program: string
  readonly args: readonly string[]
  /** What it says, on either output, when it takes connections. */
  readonly saysReady: string
}

/** How much of what it said is told where it does not start. */
const linesTold = 3
/** How long it may take to end by itself. */
const endMs = 5_000

export class ServerProcess {
  readonly pid: number
  /** Resolves when the process is gone. */
  readonly ended: Promise<ProcessEnd>
  readonly #process: ChildProcess

  private constructor(server: ChildProcess, ended: Promise<ProcessEnd>) {
    if (server.pid === undefined) throw new Error('the server has no process')
    this.pid = server.pid
    this.ended = ended
    this.#process = server
  }

  /**
   * Resolves when it takes connections. However this process ends, the server ends with it.
   * @throws Error that says what the server said last, where it leaves instead.
   */
  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const { program, args, saysReady } = options
    const server = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C goes to the whole group of a terminal; whoever uses the server ends before it.
      detached: true,
    })
    watchOver(server)
    const ended = endOf(server)
    let last: string[] = []
    await new Promise<void>((resolve, reject) => {
      const heed = (line: string) => {
        last = [...last, line].slice(-linesTold)
        if (line.includes(saysReady)) resolve()
      }
      createInterface(server.stdout).on('line', heed)
      createInterface(server.stderr).on('line', heed)
      server.once('error', reject)
      // After all that it said has come.
      server.once('close', () => reject(new Error(`${program} left: ${last.join('; ')}`)))
    })
    return new ServerProcess(server, ended)
  }

  /** As a crash ends it. Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.ended
  }

  /** Asks it to end, and kills it where it does not in time. Resolves when the process is gone. */
  async end(withinMs = endMs): Promise<void> {
    this.#process.kill('SIGTERM')
    // One that is frozen would never hear of it.
    this.thaw()
    const impatience = setTimeout(() => this.#process.kill('SIGKILL'), withinMs)
    await this.ended
    clearTimeout(impatience)
  }

  /** It holds its connections and answers nothing. */
  freeze(): void {
    this.#process.kill('SIGSTOP')
  }

  thaw(): void {
    this.#process.kill('SIGCONT')
  }
}
