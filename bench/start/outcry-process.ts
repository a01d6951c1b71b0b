// `npm start` as somebody runs it who has just fetched it: the process of main.ts, without a single setting but
// where its data lie and what Node made of the modules, and that any free port will do. npm's own time, before it
// runs the process, is not ours.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { endOf, type ProcessEnd } from '../../platform/servers/process-end.ts'

/** How long each step of a start took. */
export interface Steps {
  /** From the start of the process until its first part is started: Node, and the modules that this takes. */
  readonly loading: number
  /** Meanwhile the modules of the services are read. */
  readonly postgres: number
  readonly tables: number
  readonly services: number
}

/** Both are there, or are not yet. */
export interface ProcessFolders {
  readonly dataFolder: string
  /** Where Node keeps what it made of the modules. */
  readonly compiledFolder: string
}

/** Longer than it drains. */
const endMsMax = 40_000
const root = fileURLToPath(new URL('../..', import.meta.url))
/** What `npm start` gives to Node. */
export const program = ['--import', './platform/kept-modules.js', 'main.ts']

export class OutcryProcess {
  /** Where it listens, once it says so. */
  readonly #url: Promise<string>
  readonly #child: ChildProcess
  readonly #ended: Promise<ProcessEnd>
  readonly #startedAtMs = Date.now()
  readonly #started = performance.now()
  readonly #said: string[] = []
  readonly #partMs = new Map<string, number>()
  #firstBeganAtMs: number | undefined

  /** Nothing is waited for: it may still fail. */
  constructor({ dataFolder, compiledFolder }: ProcessFolders) {
    this.#child = spawn(process.execPath, program, {
      cwd: root,
      env: {
        OUTCRY_DATA: dataFolder,
        NODE_COMPILE_CACHE: compiledFolder,
        PORT: '0',
        METRICS_PORT: '0',
        // It says of each part how long its start took.
        LOG_LEVEL: 'info',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C at the terminal is for the bench to hear.
      detached: true,
    })
    this.#ended = endOf(this.#child)
    const { stdout, stderr } = this.#child
    if (stdout === null || stderr === null) throw new Error('both are piped')
    createInterface(stderr).on('line', (line) => this.#hear(line))
    this.#url = new Promise((resolve) => {
      createInterface(stdout).on('line', (line) => {
        const [, port] = /^ +HTTP +http:\/\/localhost:(\d+)$/.exec(line) ?? []
        if (port !== undefined) resolve(`http://127.0.0.1:${port}`)
      })
    })
  }

  /**
   * Resolves with its address, and with the milliseconds from the start of the process until `/readyz` says so.
   * @throws where it ends instead
   */
  async ready(): Promise<{ readonly url: string; readonly ms: number }> {
    const ended = this.#ended.then(() => {
      throw new Error(`Outcry did not become ready:\n${this.#said.join('\n')}`)
    })
    const url = await Promise.race([this.#url, ended])
    // It says where it listens as the last thing of all.
    const answer = await fetch(`${url}/readyz`)
    const ms = performance.now() - this.#started
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`/readyz answered ${answer.status}`)
    return { url, ms }
  }

  /** To be asked when it is ready. @throws where it did not say how long its parts took */
  get steps(): Steps {
    const tookMs = (part: string): number => {
      const ms = this.#partMs.get(part)
      if (ms === undefined) throw new Error(`it did not say how long the start of ${part} took`)
      return ms
    }
    return {
      loading: (this.#firstBeganAtMs ?? this.#startedAtMs) - this.#startedAtMs,
      postgres: tookMs('postgres'),
      tables: tookMs('tables'),
      services: tookMs('services'),
    }
  }

  /** Resolves when it has drained and is gone. @throws where it did not end cleanly */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    const { code, signal } = await this.#ended
    if (code !== 0)
      throw new Error(`Outcry ended with ${code ?? signal}:\n${this.#said.join('\n')}`)
  }

  /** Ends it, whatever it is at; what it has started has ended by then, unless it takes so long that it is killed. */
  async end(): Promise<void> {
    this.#child.kill('SIGTERM')
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), endMsMax)
    await this.#ended
    clearTimeout(impatience)
  }

  #hear(line: string): void {
    this.#said.push(line)
    const { msg, part, durationMs, time } = readLine(line)
    if (msg !== 'started' || part === undefined || durationMs === undefined) return
    this.#partMs.set(part, durationMs)
    if (time !== undefined) this.#firstBeganAtMs ??= Date.parse(time) - durationMs
  }
}

interface LogLine {
  readonly msg?: string
  readonly part?: string
  readonly durationMs?: number
  readonly time?: string
}

function readLine(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine
  } catch {
    return {}
  }
}
