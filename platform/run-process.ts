// What an entry point needs around its parts: signals, uncaught faults, and the way out.
import { constants } from 'node:os'
import type { Logger } from 'pino'
import { exitCodes, Failure } from './failure.ts'
import { type Part, type Running, type RunOptions, runParts } from './lifecycle.ts'

/** Nobody waits this long: the period of the timer that keeps a process with idle parts alive. */
const keepAliveMs = 2 ** 30
/** npm hands on the Ctrl-C which the terminal gave to its child as well: what comes twice this fast is one. */
const sameSignalMs = 500

/**
 * Runs the main function of an entry point and ends the process where it fails: a Failure is told in
 * its one sentence and its exit code, anything else with its stack, since it is a fault of ours.
 */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (error) {
    leave(error)
  }
}

/**
 * Starts the parts and lives with them. SIGTERM and Ctrl-C drain and stop, and the process ends with 0
 * if all went well; a second one, half a second later or more, ends it at once. The end of a parent that
 * forked it drains as well. An exception that nobody caught drains and ends with 70: what the process
 * believes may no longer be true, and its successor rebuilds it from the database. A Failure that nobody
 * caught (the database died, say) drains too, and ends by its own exit code.
 * Resolves when every part is ready; where one fails to start, ends the process as `runMain` does.
 */
export async function runProcess(parts: readonly Part[], options: RunOptions): Promise<void> {
  const running = runParts(parts, options)
  // Timers and idle connections of ours keep no process alive; a running process is.
  setInterval(() => {}, keepAliveMs)
  const ending = new Ending(running)
  ignoreDeafEars()
  endOnSignals(ending, options.log)
  // Whoever forked this process with a channel and is gone, however it ended, needs it no more.
  process.once('disconnect', () => ending.begin(0))
  endOnFaults(ending, options.log)
  try {
    await running.ready
  } catch (error) {
    if (!ending.hasBegun) leave(error)
    // Told to end while it started: nothing goes on here, and `ending` ends the process.
    await new Promise(() => {})
  }
}

/** The way out, taken once, with the worst of the exit codes that were asked for. */
class Ending {
  readonly #running: Running
  #exitCode: number | undefined

  constructor(running: Running) {
    this.#running = running
  }

  get hasBegun(): boolean {
    return this.#exitCode !== undefined
  }

  begin(exitCode: number): void {
    if (this.#exitCode === undefined) void this.#end()
    this.#exitCode = Math.max(this.#exitCode ?? 0, exitCode)
  }

  async #end(): Promise<void> {
    try {
      await this.#running.drainAndStop()
    } catch (error) {
      leave(error)
    }
    process.exit(this.#exitCode)
  }
}

/**
 * A closed pipe behind standard output or error is no fault of the program. Raised as one it would be
 * logged, into the same closed pipe, and so on for ever.
 */
function ignoreDeafEars(): void {
  for (const output of [process.stdout, process.stderr]) output.on('error', () => {})
}

function endOnSignals(ending: Ending, log: Logger): void {
  let toldAtMs = Number.NEGATIVE_INFINITY
  const onSignal = (signal: 'SIGTERM' | 'SIGINT'): void => {
    const nowMs = performance.now()
    if (nowMs - toldAtMs < sameSignalMs) return
    toldAtMs = nowMs
    if (ending.hasBegun) {
      log.warn({ signal }, 'told again: leaving at once')
      process.exit(128 + constants.signals[signal])
    }
    log.info({ signal }, 'draining')
    ending.begin(0)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

function endOnFaults(ending: Ending, log: Logger): void {
  // Promises rejected without a handler come here too: Node raises them as uncaught exceptions.
  process.on('uncaughtException', (error) => {
    if (error instanceof Failure) {
      log.fatal({ reason: error.message }, 'the process cannot go on: draining')
      process.stderr.write(`${error.text}\n`)
      ending.begin(error.exitCode)
    } else {
      log.fatal({ err: error }, 'a fault of the program: draining')
      ending.begin(exitCodes.software)
    }
  })
}

function leave(error: unknown): never {
  if (error instanceof Failure) {
    process.stderr.write(`${error.text}\n`)
    process.exit(error.exitCode)
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(exitCodes.software)
}
