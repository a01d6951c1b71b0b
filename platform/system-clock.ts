// The clock of a running process: the system's time, made safe to decide by.
import { assert } from './assert.ts'
import type { Clock, Timer } from './clock.ts'

/** `setTimeout` takes at most 2^31 − 1 ms (24.8 days) and fires at once beyond it. */
const timeoutMsMax = 2 ** 31 - 1

/** Where the time comes from; tests give their own. */
export interface TimeSources {
  /** Milliseconds since 1970; an administrator or NTP may set it forwards and back. */
  wallMs(): number
  /** Milliseconds since some moment; never set, may stand still while the machine sleeps. */
  monotonicMs(): number
}

/**
 * Follows the wall clock, so that a machine which slept or was set right knows the time. When the wall
 * clock is set back, time goes on at half its pace until the wall has caught up: it neither runs
 * backwards nor stands still (a standing clock would keep every lot open).
 */
export function followWall(sources: TimeSources): () => number {
  let toldMs = sources.wallMs()
  let toldAtMs = sources.monotonicMs()
  return () => {
    const monotonicMs = sources.monotonicMs()
    toldMs = Math.max(sources.wallMs(), toldMs + (monotonicMs - toldAtMs) / 2)
    toldAtMs = monotonicMs
    return Math.floor(toldMs)
  }
}

/** A timer of any length that never fires early, which a bare `setTimeout` may do by up to a millisecond. */
class SystemTimer implements Timer {
  readonly #action: () => void
  readonly #dueMs: number
  #timeout: NodeJS.Timeout | undefined

  constructor(delayMs: number, action: () => void) {
    this.#action = action
    this.#dueMs = performance.now() + delayMs
    this.#arm(delayMs)
  }

  cancel(): void {
    clearTimeout(this.#timeout)
    this.#timeout = undefined
  }

  #arm(delayMs: number): void {
    this.#timeout = setTimeout(fire, Math.min(Math.ceil(delayMs), timeoutMsMax), this).unref()
  }

  fire(): void {
    const remainingMs = this.#dueMs - performance.now()
    if (remainingMs > 0) {
      this.#arm(remainingMs)
      return
    }
    this.#timeout = undefined
    this.#action()
  }
}

function fire(timer: SystemTimer): void {
  timer.fire()
}

export const systemClock: Clock = {
  nowMs: followWall({ wallMs: Date.now, monotonicMs: () => performance.now() }),

  after(delayMs, action) {
    assert(Number.isFinite(delayMs), `a delay is a finite number of milliseconds, not ${delayMs}`)
    return new SystemTimer(Math.max(0, delayMs), action)
  },

  every(periodMs, action) {
    assert(periodMs >= 1 && periodMs <= timeoutMsMax, `${periodMs} ms is no period for a timer`)
    const interval = setInterval(action, periodMs).unref()
    return { cancel: () => clearInterval(interval) }
  },
}
