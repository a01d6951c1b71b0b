// How a child process ended.
import type { ChildProcess } from 'node:child_process'

/** By its own exit code, or by a signal. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Resolves when the process is gone. To be asked before it can have ended. */
export function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
}
