// Connections to PostgreSQL, shared by all of a process's work.
import { setTimeout as sleep } from 'node:timers/promises'
import { type CustomTypesConfig, Pool, type PoolClient, types } from 'pg'
import { Failure } from '../failure.ts'
import type { Logger } from '../log.ts'
import { explainConnection, isPassing, placeOf } from './explain-connection.ts'

export type { Pool, PoolClient }

export interface PoolOptions {
  readonly log: Logger
  /** Shown in `pg_stat_activity`, so that an operator sees who holds a lock. */
  readonly applicationName: string
  /** Connections at most. Default: 10. */
  readonly max?: number
  /** A statement that runs longer is ended by the server. Default: 30 s. */
  readonly statementTimeoutMs?: number
}

/** Where the network swallows packets, waiting for the kernel would take minutes. */
const connectTimeoutMs = 5_000
const keepAliveDelayMs = 10_000
const connectPollMs = 200

/** PostgreSQL 14: the oldest that its makers still mend. */
const oldestVersion = 140_000

/** How `pg` reads a column; a parser that throws makes its statement fail. */
const readers: CustomTypesConfig = {
  getTypeParser: (
    type: Parameters<typeof types.getTypeParser>[0],
    format: 'text' | 'binary' = 'text',
  ) => (type === types.builtins.INT8 ? toSafeNumber : types.getTypeParser(type, format)),
}

/**
 * A pool that connects when first used, and again after connections were lost. Each statement that is
 * given a `name` is prepared once per connection.
 * `bigint` columns come as numbers, and the statement fails where one is beyond 2^53; `json` comes parsed.
 */
export function createPool(url: string, options: PoolOptions): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: options.applicationName,
    max: options.max ?? 10,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    types: readers,
  })
  // A connection that is cut says so by an event, and by a failed statement only where one is under way.
  // Without a listener the event would end the process; the pool makes a new connection by itself.
  const lost = (error: Error) => options.log.warn({ err: error }, 'lost a database connection')
  pool.on('error', lost)
  pool.on('connect', (client) => client.on('error', lost))
  return pool
}

/**
 * The same, once the server is there and new enough. Waits while it starts or restarts.
 * @throws Failure: out of reach for `waitMs` (default: 10 s), or at once where waiting can't help.
 */
export async function connectPool(
  url: string,
  options: PoolOptions & { readonly waitMs?: number },
): Promise<Pool> {
  const pool = createPool(url, options)
  try {
    const version = await askVersion(pool, url, options.waitMs ?? 10_000)
    if (version < oldestVersion) {
      throw new Failure(
        `The database at ${placeOf(url)} is PostgreSQL ${Math.floor(version / 10_000)}; Outcry needs 14 or newer.`,
      )
    }
  } catch (error) {
    await pool.end()
    throw error
  }
  return pool
}

async function askVersion(pool: Pool, url: string, waitMs: number): Promise<number> {
  const deadline = performance.now() + waitMs
  for (;;) {
    try {
      const { rows } = await pool.query<{ version: number }>(
        "SELECT current_setting('server_version_num')::integer AS version",
      )
      return rows[0]?.version ?? 0
    } catch (error) {
      if (!isPassing(error) || performance.now() >= deadline) throw explainConnection(error, url)
      await sleep(connectPollMs)
    }
  }
}

/**
 * Runs `work` in one transaction on one connection: committed when it returns, undone when it throws. Where
 * the connection is lost during the COMMIT, nobody knows which; the error of that is passed on.
 */
export async function transaction<Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: Error) => {
      broken = rollbackError
    })
    throw error
  } finally {
    // A connection that could not even roll back is thrown away.
    client.release(broken)
  }
}

function toSafeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value))
    throw new RangeError(`${text} is beyond what a number holds exactly`)
  return value
}
