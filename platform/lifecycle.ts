// The life of every part of a process: start → ready → drain → stop.
import type { Logger } from 'pino'
import type { Clock } from './clock.ts'
import { exitCodes, Failure } from './failure.ts'
import { systemClock } from './system-clock.ts'

/** Something that starts and stops. Parts start in the order given, drain and stop in reverse. */
export interface Part {
  readonly name: string
  /** Resolves when the part is ready to work. */
  start(): Promise<void>
  /** Stops taking new work and finishes what was begun; gives up when `signal` aborts. */
  drain(signal: AbortSignal): Promise<void>
  /** Lets go of everything. Called after `drain`, and also where `start` failed half-way. */
  stop(): Promise<void>
  /**
   * Told that the process ends while it still starts. A part that waits for others rejects `start` now; one
   * that has started lets go of whoever waits for what it brings.
   */
  giveUp?(): void
}

export interface RunOptions {
  readonly log: Logger
  /** From the call of `drainAndStop` to the last stop. */
  readonly deadlineMs?: number
  readonly clock?: Clock
}

/** Parts at work. */
export interface Running {
  /** Resolves when all have started; rejects with the first failure, when what had started is stopped. */
  readonly ready: Promise<void>
  /**
   * Drains and stops everything; asked for again, it is the same end. A start under way is waited for
   * and goes no further. Rejects with a Failure where a part did not end cleanly and in time.
   */
  drainAndStop(): Promise<void>
}

/** Kubernetes gives a process 30 s from SIGTERM to SIGKILL. */
const deadlineMsDefault = 30_000
const toldToStop = 'The process was told to stop before it was ready.'
/** Of the time to end, this share is for draining; the rest is for letting go of what is held. */
const drainShare = 0.8

/** Starts the parts, one after the other. Touches no signal and never ends the process. */
export function runParts(parts: readonly Part[], options: RunOptions): Running {
  const run = new Run(parts, options)
  return { ready: run.ready, drainAndStop: () => run.drainAndStop() }
}

/**
 * One part made of several, which cannot be built before the parts ahead of it have started. They stop as
 * soon as they have drained: nothing that comes to its end after them needs them. Whatever `build` waits for,
 * it waits no longer than until its signal aborts.
 */
export function partOfParts(
  name: string,
  options: RunOptions,
  build: (signal: AbortSignal) => Promise<readonly Part[]>,
): Part {
  const building = new AbortController()
  let running: Running | undefined
  let isStarting = true
  const end = async () => {
    building.abort(new Failure(toldToStop))
    await running?.drainAndStop()
  }
  return {
    name,
    async start() {
      const parts = await build(building.signal)
      building.signal.throwIfAborted()
      running = runParts(parts, options)
      await running.ready
      isStarting = false
    },
    drain: end,
    stop: end,
    giveUp() {
      if (isStarting) end().catch(() => {})
    },
  }
}

/** A part that has only something to let go of at the end. */
export function endingWith(name: string, stop: () => Promise<void>): Part {
  return { name, start: async () => {}, drain: async () => {}, stop }
}

class Run {
  readonly ready: Promise<void>
  readonly #log: Logger
  readonly #clock: Clock
  readonly #deadlineMs: number
  readonly #started: Part[] = []
  /** Whatever may hold something: those that started, and one that tried to. */
  readonly #begun: Part[] = []
  readonly #faults: string[] = []
  #isEnding = false
  #ended: Promise<void> | undefined

  constructor(parts: readonly Part[], options: RunOptions) {
    this.#log = options.log
    this.#clock = options.clock ?? systemClock
    this.#deadlineMs = options.deadlineMs ?? deadlineMsDefault
    this.ready = this.#start(parts)
    // Whoever does not look at `ready` has the log.
    this.ready.catch(() => {})
  }

  drainAndStop(): Promise<void> {
    this.#isEnding = true
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #start(parts: readonly Part[]): Promise<void> {
    for (const part of parts) {
      if (this.#isEnding) throw new Failure(toldToStop)
      this.#begun.push(part)
      const beganAtMs = this.#clock.nowMs()
      try {
        await part.start()
      } catch (error) {
        if (this.#isEnding) this.#log.info({ part: part.name }, 'gave up starting')
        else this.#log.error({ part: part.name, ...told(error) }, 'could not start')
        if (!this.#isEnding) await this.#stopAll(new Deadline(this.#clock, this.#deadlineMs))
        throw error
      }
      this.#started.push(part)
      this.#log.info({ part: part.name, durationMs: this.#clock.nowMs() - beganAtMs }, 'started')
    }
  }

  async #end(): Promise<void> {
    const drainDeadline = new Deadline(this.#clock, this.#deadlineMs * drainShare)
    const deadline = new Deadline(this.#clock, this.#deadlineMs)
    const start = this.ready.catch(() => {})
    if (this.#begun.length > this.#started.length) this.#giveUp()
    if (await drainDeadline.passesBefore(start)) this.#faults.push('it was still starting')
    for (const part of this.#started.toReversed()) {
      await this.#step(part, 'drain', drainDeadline, () => part.drain(drainDeadline.signal))
    }
    drainDeadline.cancel()
    await this.#stopAll(deadline)
    if (this.#faults.length > 0) {
      throw new Failure(`The process did not end cleanly: ${this.#faults.join('; ')}.`, {
        exitCode: exitCodes.software,
      })
    }
  }

  /** The one that starts, and those ahead of it, for which it may wait. */
  #giveUp(): void {
    for (const part of this.#begun.toReversed()) part.giveUp?.()
  }

  async #stopAll(deadline: Deadline): Promise<void> {
    this.#started.length = 0
    for (const part of this.#begun.splice(0).toReversed()) {
      await this.#step(part, 'stop', deadline, () => part.stop())
    }
    deadline.cancel()
  }

  /** One verb of one part. A fault is noted and the next part has its turn: all of them must end. */
  async #step(
    part: Part,
    verb: 'drain' | 'stop',
    deadline: Deadline,
    action: () => Promise<void>,
  ): Promise<void> {
    const beganAtMs = this.#clock.nowMs()
    const fields = () => ({ part: part.name, durationMs: this.#clock.nowMs() - beganAtMs })
    try {
      if (await deadline.passesBefore(action())) {
        this.#faults.push(`${part.name} did not ${verb} in time`)
        this.#log.error(fields(), `did not ${verb} in time`)
      } else {
        this.#log.info(fields(), pastOf[verb])
      }
    } catch (error) {
      this.#faults.push(`${part.name} failed to ${verb}`)
      this.#log.error({ ...fields(), ...told(error) }, `failed to ${verb}`)
    }
  }
}

/** A Failure is the operator's matter and has its sentence; anything else is ours and has a stack. */
function told(error: unknown): { reason: string } | { err: unknown } {
  return error instanceof Failure ? { reason: error.message } : { err: error }
}

const pastOf = { drain: 'drained', stop: 'stopped' } as const

/** A moment after which nothing is waited for. */
class Deadline {
  readonly #controller = new AbortController()
  readonly #passed: Promise<true>
  readonly cancel: () => void

  constructor(clock: Clock, afterMs: number) {
    const timer = clock.after(afterMs, () => this.#controller.abort())
    this.cancel = () => timer.cancel()
    this.#passed = new Promise((resolve) => {
      this.signal.addEventListener('abort', () => resolve(true), { once: true })
    })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /**
   * Waits for `action` or the deadline, whichever comes first. Rejects as `action` does. Where the
   * deadline has passed already, the action still has a turn of the event loop to end in.
   */
  passesBefore(action: Promise<void>): Promise<boolean> {
    return Promise.race([action.then(() => false), this.#passed.then(aTurnLater)])
  }
}

function aTurnLater(): Promise<true> {
  return new Promise((resolve) => setImmediate(resolve, true as const))
}
