// Nothing that this process started outlives it, in whatever way it ends.
import { type ChildProcess, spawn } from 'node:child_process'

/** Starts a shell that waits for this process to end, in whatever way, and then kills the child. */
export function watchOver(child: ChildProcess): void {
  if (child.pid === undefined) return
  const guardian = spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C goes to the whole group of a terminal, and the guardian is to outlive this process.
    detached: true,
  })
  guardian.on('error', () => {})
  guardian.unref()
  child.once('exit', () => guardian.kill('SIGKILL'))
}
