// The pace of everything that goes out. What is due in one turn of the event loop is gathered and
// leaves together, from a `setImmediate` and never from inside a WebSocket handler: there
// uWebSockets.js is corked, and publishing more than a few dozen frames falls off a cliff.
import type { Logger } from '../../platform/log.ts'

export interface Flushable {
  flush(): void
}

/**
 * In this order within a turn: durable channels put their publications into the sockets' outboxes,
 * behind the replies that stand there; then each outbox leaves as one frame; then the state channels
 * are published. So a subscribe reply always precedes what follows its position.
 */
const phases = ['durable', 'outbox', 'state'] as const
export type Phase = (typeof phases)[number]

export interface Turn {
  /** Flushes `what` at the end of this turn. The caller enters it once until it was flushed. */
  enter(phase: Phase, what: Flushable): void
}

/** @param defer runs an action at the end of the turn; tests pass their own. */
export function createTurn(
  log: Logger,
  defer: (action: () => void) => void = (action) => void setImmediate(action),
): Turn {
  const waiting: Record<Phase, Flushable[]> = { durable: [], outbox: [], state: [] }
  let deferred = false

  function flushPhase(phase: Phase): void {
    const due = waiting[phase]
    if (due.length === 0) return
    waiting[phase] = []
    for (const what of due) {
      try {
        what.flush()
      } catch (error) {
        log.error({ err: error, phase }, 'a flush failed')
      }
    }
  }

  function flush(): void {
    deferred = true
    for (const phase of phases) flushPhase(phase)
    // What a later phase entered into an earlier one has a turn of its own.
    deferred = phases.some((phase) => waiting[phase].length > 0)
    if (deferred) defer(flush)
  }

  return {
    enter(phase, what) {
      waiting[phase].push(what)
      if (deferred) return
      deferred = true
      defer(flush)
    },
  }
}
