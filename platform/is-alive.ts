// Whether a process is there, whoever it belongs to.
import { codeOf } from './failure.ts'

/** @param pid of any process on this machine; a number may have been given to another one since */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // It is there, and not ours to signal.
    return codeOf(error) === 'EPERM'
  }
}
