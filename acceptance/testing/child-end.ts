// How tests end a process that they forked, and learn how it went.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Resolves, once its last words are out, with the exit code, or with the signal that ended it. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | string> {
  const { exitCode, signalCode } = child
  if (exitCode !== null || signalCode !== null) return exitCode ?? signalCode ?? ''
  const close = once(child, 'close')
  child.kill(signal)
  const [code, by] = (await close) as [number | null, string | null]
  return code ?? by ?? ''
}
