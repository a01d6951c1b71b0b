// Connections to PostgreSQL, shared by all of a process's work.
import { once } from 'node:events'
import { type CustomTypesConfig, Pool, type PoolClient, types } from 'pg'
import type { Logger } from '../log.ts'

export type { Pool, PoolClient }

export interface PoolOptions {
  readonly log: Logger
  /** Shown in `pg_stat_activity`, so that an operator sees who holds a lock. */
  readonly applicationName: string
  /** Connections at most. Default: 10. */
  readonly max?: number
  /** Of those that were made, so many are kept though nobody uses them. Default: 0. */
  readonly min?: number
  /** A statement that runs longer is ended by the server. Default: 30 s. */
  readonly statementTimeoutMs?: number
}

/** Where the network swallows packets, waiting for the kernel would take minutes. */
const connectTimeoutMs = 5_000
const keepAliveDelayMs = 10_000

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
    min: options.min ?? 0,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    types: readers,
  })
  // A connection that is cut says so by an event, which would end the process if nobody listened. The pool
  // makes another; one that is in use fails its statement as well, so there is nothing more to say. A server
  // that goes cuts all of them, which is one thing.
  let isSaid = false
  const open = new Set<PoolClient>()
  connections.set(pool, open)
  pool.on('error', (err) => {
    if (!isSaid) options.log.warn({ err }, 'lost idle database connections')
    isSaid = true
  })
  pool.on('connect', (client) => {
    isSaid = false
    open.add(client)
    client.on('error', () => {})
  })
  pool.on('remove', (client) => {
    open.delete(client)
  })
  return pool
}

/** Of each pool those that are not closed yet; the pool itself forgets them when they begin to close. */
const connections = new WeakMap<Pool, ReadonlySet<PoolClient>>()

/**
 * Ends the pool and waits until its connections are closed. The pool's own `end` returns while they still
 * say good-bye, and a server that is stopped next would cut them off.
 */
export async function closePool(pool: Pool): Promise<void> {
  await pool.end()
  const open = connections.get(pool) ?? new Set()
  while (open.size > 0) await once(pool, 'remove')
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
