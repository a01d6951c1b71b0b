// Patience with a server that loses parts of itself for a while: what may pass is waited out.
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, Failure } from '../platform/failure.ts'
import { shouldReconnect } from '../protocol/close-codes.ts'
import { HttpError } from './http-client.ts'
import { CommandError, ConnectionLost } from './wire-client.ts'

/** A part of the server may be away for a minute, and is given another one to catch up. */
const patienceMs = 120_000
const betweenTriesMs = 200

/**
 * Does `work` until it succeeds: it must be such that doing it twice does no harm.
 * @throws what may not pass, at once; what may, when it has come for two minutes without an end
 */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const givesUpAtMs = performance.now() + patienceMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!mayPass(error) || performance.now() > givesUpAtMs) throw error
    }
    await sleep(betweenTriesMs)
  }
}

function mayPass(error: unknown): boolean {
  if (error instanceof CommandError) return error.temporary
  // By the protocol an internal error is temporary, over HTTP as well: the database is away, say.
  if (error instanceof HttpError) return error.status >= 500
  if (error instanceof ConnectionLost) return shouldReconnect(error.closed.code)
  // The address worked before, or the run would not have come so far.
  if (error instanceof Failure) return true
  return isOfTheNetwork(error)
}

/** A socket that could not be opened, or a server that answered it by "not now". */
function isOfTheNetwork(error: unknown): boolean {
  if (codeOf(error)?.startsWith('E') === true) return true
  return error instanceof Error && /^Unexpected server response: 5\d\d$/.test(error.message)
}
