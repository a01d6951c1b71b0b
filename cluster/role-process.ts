// A role as a child of the cluster: its log in a file, its state in its row, ended when it is told to and
// never later than the cluster itself.
import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Beat, beat } from '../platform/beat.ts'
import type { Clock } from '../platform/clock.ts'
import { exitCodes, Failure } from '../platform/failure.ts'
import type { Logger } from '../platform/log.ts'
import { watchOver } from '../platform/servers/guardian.ts'
import { endOf, type ProcessEnd } from '../platform/servers/process-end.ts'
import { lastWords } from './last-words.ts'
import type { PlannedRole } from './plan.ts'
import { type RowChange, stateOf, stateOfEnd } from './rows.ts'

export interface RoleOptions {
  readonly env: NodeJS.ProcessEnv
  /** The folder for its log. */
  readonly logs: string
  readonly clock: Clock
  readonly log: Logger
  readonly onChange: (change: RowChange) => void
  /** What people should read. */
  readonly say: (text: string) => void
}

/** What a role tells whoever forked it, once it is at work. */
interface Told {
  /** Of a gateway. */
  readonly port?: number
  readonly metricsPort: number
}

const entry = fileURLToPath(new URL('../role.ts', import.meta.url))
const lookEveryMs = 500
/** A role that says nothing for this long is stuck, or was stopped. */
const answerMs = 3_000

export class RoleProcess {
  readonly planned: PlannedRole
  readonly pid: number
  /** Resolves when it is at work. Rejects with a Failure, and its last words, where it ends instead. */
  readonly ready: Promise<Told>
  readonly #options: RoleOptions
  readonly #child: ChildProcess
  readonly #ended: Promise<ProcessEnd>
  #looks: Beat | undefined
  /** Told to end. */
  #isTold = false
  #isGone = false

  /** Starts it at once. */
  constructor(planned: PlannedRole, options: RoleOptions) {
    this.planned = planned
    this.#options = options
    const log = openSync(this.#logFile, 'a')
    this.#child = fork(entry, [planned.role], {
      env: options.env,
      execArgv: [],
      stdio: ['ignore', log, log, 'ipc'],
      // Ctrl-C goes to the whole group of a terminal; roles end in order.
      detached: true,
    })
    closeSync(log)
    if (this.#child.pid === undefined) throw new Error(`${planned.name} has no process`)
    this.pid = this.#child.pid
    watchOver(this.#child)
    this.#ended = endOf(this.#child)
    options.onChange({ pid: this.pid, state: 'starting' })
    this.ready = this.#comeToWork()
    // Whoever does not look at `ready` sees the row.
    this.ready.catch(() => {})
    void this.#ended.then((end) => this.#noteEnd(end))
  }

  /** Asks it to drain and leave. Resolves when the process is gone. */
  async end(): Promise<void> {
    if (this.#isGone) return
    this.#isTold = true
    this.#options.onChange({ state: 'draining' })
    this.#child.kill('SIGTERM')
    // One that was stopped would never hear of it.
    this.#child.kill('SIGCONT')
    await this.#ended
  }

  /** Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  get #logFile(): string {
    return join(this.#options.logs, `${this.planned.name}.log`)
  }

  async #comeToWork(): Promise<Told> {
    const told = await new Promise<Told>((resolve, reject) => {
      this.#child.once('message', (message) => resolve(message as Told))
      void this.#ended.then(async (end) => reject(await this.#failure(end)))
    })
    const { port, metricsPort } = told
    const { clock, log, onChange } = this.#options
    onChange({ ...(port === undefined ? {} : { port }), metricsPort, state: 'running' })
    this.#looks = beat('look', lookEveryMs, () => this.#look(metricsPort), { clock, log })
    return told
  }

  async #look(metricsPort: number): Promise<void> {
    const state = await readiness(`http://127.0.0.1:${metricsPort}/readyz`)
    if (!this.#isGone && !this.#isTold) this.#options.onChange({ state })
  }

  async #noteEnd(end: ProcessEnd): Promise<void> {
    this.#isGone = true
    void this.#looks?.stop()
    const { onChange, say } = this.#options
    onChange({ state: stateOfEnd(end) })
    // One that never came to work is told by the failure of the whole.
    if (this.#looks === undefined || end.code === 0 || end.signal === 'SIGKILL') return
    say(`${this.planned.name}: ${stateOfEnd(end)}. Its last words:\n${await this.#lastWords()}`)
  }

  async #failure(end: ProcessEnd): Promise<Failure> {
    const { name } = this.planned
    return new Failure(`${name} ended before it was at work: ${stateOfEnd(end)}.`, {
      hint: await this.#lastWords(),
      exitCode: end.code === exitCodes.configuration ? end.code : exitCodes.unavailable,
    })
  }

  async #lastWords(): Promise<string> {
    return await lastWords(this.#logFile).catch(() => `(its log ${this.#logFile} is gone)`)
  }
}

async function readiness(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(answerMs) })
    const { missing = [] } = (await answer.json()) as { readonly missing?: readonly string[] }
    return stateOf(missing)
  } catch {
    return 'no answer'
  }
}
