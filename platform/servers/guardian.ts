// Nothing that this process started or made for itself outlives it, in whatever way it ends.
import { type ChildProcess, spawn } from 'node:child_process'

/** Starts a shell that waits for this process to end, in whatever way, and then kills the child. */
export function watchOver(child: ChildProcess): void {
  if (child.pid === undefined) return
  const guardian = afterUs('kill -9 "$0"', String(child.pid))
  child.once('exit', () => guardian.kill('SIGKILL'))
}

/** The same for a folder, which is removed; whoever still writes there may make it take some tries. */
export function removeAfterUs(folder: string): void {
  afterUs('for try in 1 2 3 4 5 6 7 8 9; do rm -rf "$0" && exit; sleep 1; done', folder)
}

/** @param command of a shell, with its subject as `$0` */
function afterUs(command: string, subject: string): ChildProcess {
  const guardian = spawn('/bin/sh', ['-c', `read -r _; ${command}`, subject], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C goes to the whole group of a terminal, and the guardian is to outlive this process.
    detached: true,
  })
  guardian.on('error', () => {})
  guardian.unref()
  return guardian
}
