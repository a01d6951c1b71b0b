// What is worth trying again, how long to wait, and the loop that does it.
//
// The SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html
import type { Clock } from './clock.ts'
import { codeOf } from './failure.ts'

/** The first wait is at most twice `delayMsMin`; each further one may be twice as long, up to `delayMsMax`. */
export interface RetryDelays {
  readonly delayMsMin: number
  readonly delayMsMax: number
}

/** Beyond so many doublings every ceiling is the longest delay, and 2^1024 is no number to multiply by. */
const doublingsMax = 30

/** Another transaction was in the way; it will be gone in a moment. */
const contention: RetryDelays = { delayMsMin: 5, delayMsMax: 200 }
/** The database is on its way down or up. */
const restart: RetryDelays = { delayMsMin: 100, delayMsMax: 5_000 }
/** The database has no room at present. */
const exhaustion: RetryDelays = { delayMsMin: 200, delayMsMax: 5_000 }

/**
 * SQLSTATEs and Node's error codes after which the same action may succeed. After a lost connection the
 * outcome of a COMMIT is unknown: only what may be done twice may be retried by this table.
 */
const retryableDatabaseErrors: ReadonlyMap<string, RetryDelays> = new Map([
  ['40001', contention], // serialization_failure
  ['40P01', contention], // deadlock_detected
  ['55P03', contention], // lock_not_available
  ['57P01', restart], // admin_shutdown
  ['57P02', restart], // crash_shutdown
  ['57P03', restart], // cannot_connect_now
  ['08000', restart], // connection_exception
  ['08001', restart], // sqlclient_unable_to_establish_sqlconnection
  ['08003', restart], // connection_does_not_exist
  ['08004', restart], // sqlserver_rejected_establishment_of_sqlconnection
  ['08006', restart], // connection_failure
  ['25006', restart], // read_only_sql_transaction: a standby which is about to be the primary
  ['53000', exhaustion], // insufficient_resources
  ['53200', exhaustion], // out_of_memory
  ['53300', exhaustion], // too_many_connections
  ['ECONNREFUSED', restart],
  ['ECONNRESET', restart],
  ['EPIPE', restart],
  ['ETIMEDOUT', restart],
  ['EHOSTUNREACH', restart],
  ['ENETUNREACH', restart],
  ['ENOTFOUND', restart],
  ['EAI_AGAIN', restart],
])

/** What `pg` and its pool say of a connection that was lost, or not had in time: those errors have no code. */
const lostConnections: ReadonlySet<string> = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'Client has encountered a connection error and is not queryable',
  'timeout exceeded when trying to connect',
  'timeout expired',
])

/** The delays for an error of PostgreSQL or of the connection to it; undefined where retrying is no use. */
export function classifyDatabaseError(error: unknown): RetryDelays | undefined {
  const code = codeOf(error)
  if (code !== undefined) return retryableDatabaseErrors.get(code)
  return error instanceof Error && lostConnections.has(error.message) ? restart : undefined
}

/**
 * Milliseconds to wait before trying again after the `failures`-th failure (from 1): anything from
 * `delayMsMin` to a ceiling that doubles. The whole range is random ("full jitter"), so that those who
 * failed together do not return together. `random` gives numbers in [0, 1).
 */
export function backoffMs(failures: number, delays: RetryDelays, random: () => number): number {
  const ceilingMs = Math.min(
    delays.delayMsMax,
    delays.delayMsMin * 2 ** Math.min(failures, doublingsMax),
  )
  return delays.delayMsMin + random() * Math.max(0, ceilingMs - delays.delayMsMin)
}

export interface Retry {
  readonly error: unknown
  /** How often it has failed so far. */
  readonly failures: number
  readonly delayMs: number
}

export interface RetryOptions {
  /** The delays for an error, or undefined where it is final. */
  readonly classify: (error: unknown) => RetryDelays | undefined
  readonly clock: Clock
  /** Default: `Math.random`. */
  readonly random?: () => number
  /** Ends the waiting; the promise rejects with its reason. */
  readonly signal?: AbortSignal
  /** Default: no end but the signal's. */
  readonly attemptsMax?: number
  readonly onRetry?: (retry: Retry) => void
}

/** Runs `action` until it succeeds, fails for good, or `signal` aborts. */
export async function retrying<T>(action: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { classify, clock, random = Math.random, signal, onRetry } = options
  const attemptsMax = options.attemptsMax ?? Number.POSITIVE_INFINITY
  for (let failures = 1; ; failures += 1) {
    signal?.throwIfAborted()
    try {
      return await action()
    } catch (error) {
      const delays = classify(error)
      if (delays === undefined || failures >= attemptsMax) throw error
      const delayMs = backoffMs(failures, delays, random)
      onRetry?.({ error, failures, delayMs })
      await wait(delayMs, clock, signal)
    }
  }
}

/** Resolves after `delayMs`; rejects with the signal's reason once it aborts. */
export function wait(delayMs: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const onAbort = (): void => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
