// Time as a port, so that everything which waits can be tested without waiting.

export interface Timer {
  /** Ends it; safe to call twice and after it fired. */
  cancel(): void
}

export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. Never goes backwards within a process. */
  nowMs(): number
  /** Runs `action` once, not before `delayMs` have passed. It does not keep the process alive. */
  after(delayMs: number, action: () => void): Timer
  /** Runs `action` each `periodMs` until cancelled. It does not keep the process alive. */
  every(periodMs: number, action: () => void): Timer
}
