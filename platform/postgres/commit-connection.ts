// A connection that does nothing but commit, each time by one statement that is its own transaction; and what
// its failures say about what was stored.
import { codeOf } from '../failure.ts'
import type { Pool, PoolClient } from './pool.ts'

export type Committed<Row> =
  | { readonly type: 'done'; readonly rows: readonly Row[] }
  /** Nothing was written. */
  | { readonly type: 'failed'; readonly cause: unknown }
  /** It may have been written or not. */
  | { readonly type: 'in_doubt'; readonly cause: unknown }
  /** Something in it can never be written (or was already, by its key). Nothing was. */
  | { readonly type: 'unstorable'; readonly cause: unknown }

export interface CommitStatement {
  readonly name: string
  readonly text: string
  readonly values: unknown[]
}

/** A server that says nothing for so long may be cut off for ever: better to ask it anew. */
const commitTimeoutMs = 5_000

/** Takes a connection from the pool by the first commit at the latest, and keeps it until it fails or is closed. */
export class CommitConnection {
  readonly #pool: Pool
  #connection: PoolClient | undefined
  #isClosed = false

  constructor(pool: Pool) {
    this.#pool = pool
  }

  /** Connects ahead of the first commit, which is not to come before this has ended. */
  async open(): Promise<void> {
    await this.#opened()
  }

  /** Never throws. */
  async commit<Row extends object>(statement: CommitStatement): Promise<Committed<Row>> {
    let connection: PoolClient
    try {
      connection = await this.#opened()
    } catch (cause) {
      return { type: 'failed', cause }
    }
    try {
      const { rows } = await inTime(connection.query<Row>(statement))
      return { type: 'done', rows }
    } catch (cause) {
      const type = meaningOf(cause)
      // Whatever this connection still carries, it must not be carried out behind our back.
      if (type === 'in_doubt') this.#discard(connection, cause)
      return { type, cause }
    }
  }

  /** For good. */
  close(): void {
    this.#isClosed = true
    // Not given back: a commit may be under way on it, if nobody waited.
    this.#connection?.release(true)
    this.#connection = undefined
  }

  async #opened(): Promise<PoolClient> {
    const connection = (this.#connection ??= await this.#pool.connect())
    if (!this.#isClosed) return connection
    // It was closed while it connected, and a pool waits for its connections when it ends.
    this.close()
    throw new Error('the connection for commits was closed')
  }

  #discard(connection: PoolClient, cause: unknown): void {
    // Closed meanwhile: then it is gone already.
    if (this.#connection !== connection) return
    connection.release(cause instanceof Error ? cause : true)
    this.#connection = undefined
  }
}

/** @throws Error after `commitTimeoutMs`; what becomes of the query then is nobody's concern. */
async function inTime<T>(query: Promise<T>): Promise<T> {
  let timeout: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_resolve, reject) => {
    const giveUp = () => reject(new Error(`no answer to a commit for ${commitTimeoutMs} ms`))
    timeout = setTimeout(giveUp, commitTimeoutMs)
  })
  try {
    return await Promise.race([query, silence])
  } finally {
    clearTimeout(timeout)
  }
}

/** By SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
function meaningOf(cause: unknown): 'failed' | 'in_doubt' | 'unstorable' {
  const state = sqlStateOf(cause)
  // Not an answer of the server, or its farewell (class 57P: shutdown, crash, termination), which may
  // follow a commit that is done: nobody knows.
  if (state === undefined || state.startsWith('08') || state.startsWith('57P')) return 'in_doubt'
  // Data exceptions and integrity violations come again however often this is tried.
  if (state.startsWith('22') || state.startsWith('23')) return 'unstorable'
  return 'failed'
}

/** Node's own codes (`ECONNRESET`) are longer. */
function sqlStateOf(error: unknown): string | undefined {
  const code = codeOf(error)
  return code?.length === 5 ? code : undefined
}

/** The key that a unique violation was about; undefined where it was anything else. */
export function uniqueKeyTaken(error: unknown): string | undefined {
  if (sqlStateOf(error) !== '23505') return undefined
  return error instanceof Error && 'constraint' in error ? String(error.constraint) : undefined
}
