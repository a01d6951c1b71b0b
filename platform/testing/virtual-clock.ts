// Time under the test's control: nothing happens until the test says that time has passed.
import { assert } from '../assert.ts'
import type { Clock, Timer } from '../clock.ts'

class VirtualTimer implements Timer {
  dueMs: number
  readonly action: () => void
  readonly periodMs: number | undefined
  cancelled = false

  constructor(dueMs: number, action: () => void, periodMs?: number) {
    this.dueMs = dueMs
    this.action = action
    this.periodMs = periodMs
  }

  cancel(): void {
    this.cancelled = true
  }
}

/** A deterministic clock. Timers fire in the order they are due; those due together, in the order set. */
export class VirtualClock implements Clock {
  #nowMs: number
  /** By due time, then by the order in which they were set. */
  #timers: VirtualTimer[] = []

  constructor(startMs: number = Date.UTC(2026, 0, 1, 12)) {
    this.#nowMs = startMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, action: () => void): Timer {
    assert(Number.isFinite(delayMs), `a delay is a finite number of milliseconds, not ${delayMs}`)
    return this.#set(new VirtualTimer(this.#nowMs + Math.max(0, delayMs), action))
  }

  every(periodMs: number, action: () => void): Timer {
    assert(periodMs >= 1, `${periodMs} ms is no period for a timer`)
    return this.#set(new VirtualTimer(this.#nowMs + periodMs, action, periodMs))
  }

  /** Timers which are set and neither fired nor cancelled. */
  get pending(): number {
    return this.#timers.filter((timer) => !timer.cancelled).length
  }

  /** Lets `ms` pass; each timer that falls due sees the instant it was due at, new ones included. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (let due = this.#next(untilMs); due !== undefined; due = this.#next(untilMs)) {
      this.#fire(due)
    }
    this.#nowMs = untilMs
  }

  /** As `advance`, and lets what the timers began (promises, immediates) run after each of them. */
  async advanceAsync(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await settle()
    for (let due = this.#next(untilMs); due !== undefined; due = this.#next(untilMs)) {
      this.#fire(due)
      await settle()
    }
    this.#nowMs = untilMs
    await settle()
  }

  #set(timer: VirtualTimer): Timer {
    const at = this.#timers.findIndex((other) => other.dueMs > timer.dueMs)
    this.#timers.splice(at === -1 ? this.#timers.length : at, 0, timer)
    return timer
  }

  #next(untilMs: number): VirtualTimer | undefined {
    this.#timers = this.#timers.filter((timer) => !timer.cancelled)
    const first = this.#timers[0]
    return first !== undefined && first.dueMs <= untilMs ? first : undefined
  }

  #fire(timer: VirtualTimer): void {
    this.#timers.splice(this.#timers.indexOf(timer), 1)
    this.#nowMs = timer.dueMs
    if (timer.periodMs !== undefined) {
      timer.dueMs += timer.periodMs
      this.#set(timer)
    }
    timer.action()
  }
}

/** One whole turn of the event loop: promises and immediates that wait have run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
