// Who may do jobs. A worker of the job library locks the jobs that it takes, and the library waits four
// hours before it takes them from a worker that died. Here each worker holds an advisory lock on a connection
// of its own: the lock is free as soon as the worker is gone, and the others look for that every second. A
// worker that is frozen says nothing on that connection, and the server cuts it; so a worker that cannot
// confirm its lock does nothing with its jobs either, since others may have them.
import { assert } from '../../platform/assert.ts'
import { type Beat, beat } from '../../platform/beat.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Pool, PoolClient } from '../../platform/postgres/pool.ts'

export interface LeasePace {
  /** How often the lock is confirmed, and dead workers are looked for. */
  readonly beatMs: number
  /** What was confirmed longer ago is not relied upon. */
  readonly trustMs: number
  /** After so much silence the server takes the lock away; more than `trustMs`. */
  readonly silenceMs: number
}

export interface LeaseOptions extends LeasePace {
  readonly pool: Pool
  readonly clock: Clock
  readonly log: Logger
  /** Told of workers whose jobs were let go of. */
  readonly onFreed: (workerIds: readonly string[]) => void
}

/** Any constant will do, as long as all notifiers of all versions take the same. */
const lockSeed = 7_102_024_002

/** The row is seen by others only when the lock is held. */
const enterText = `
  INSERT INTO job_workers (worker_id)
  SELECT $1 WHERE pg_try_advisory_lock(hashtextextended($1, ${lockSeed}))`

/** One's own lock could be taken again, so it is not tried. */
const freeText = `
  WITH gone AS (
    DELETE FROM job_workers
     WHERE CASE WHEN worker_id = $1 THEN false
                ELSE pg_try_advisory_xact_lock(hashtextextended(worker_id, ${lockSeed})) END
    RETURNING worker_id
  ), gathered AS (SELECT array_agg(worker_id) AS ids FROM gone)
  SELECT ids, graphile_worker.force_unlock_workers(ids) FROM gathered WHERE ids IS NOT NULL`

const leaveText = `
  WITH left_now AS (DELETE FROM job_workers WHERE worker_id = $1)
  SELECT graphile_worker.force_unlock_workers(ARRAY[$1])`

export class WorkerLease {
  readonly #options: LeaseOptions
  readonly #lost = Promise.withResolvers<never>()
  #workerId = ''
  #client: PoolClient | undefined
  #beat: Beat | undefined
  #confirmedAtMs = Number.NEGATIVE_INFINITY
  #confirmation = Promise.withResolvers<void>()

  constructor(options: LeaseOptions) {
    this.#options = options
    this.#lost.promise.catch(() => {})
    this.#confirmation.promise.catch(() => {})
  }

  /** Rejects when the lock is lost, and never resolves. */
  get lost(): Promise<never> {
    return this.#lost.promise
  }

  /**
   * The pool, which gives connections only while the lock is held. Why it gives none is told without a code:
   * after some codes the library asks again for hours, and whoever ends its worker waits for that.
   */
  guard(pool: Pool): Pool {
    const given = async (): Promise<PoolClient> => {
      try {
        await this.#held()
        return await pool.connect()
      } catch (cause) {
        throw new Error(cause instanceof Error ? cause.message : String(cause), { cause })
      }
    }
    const connect = (taken?: Parameters<Pool['connect']>[0]) => {
      if (taken === undefined) return given()
      const give = (client: PoolClient) => taken(undefined, client, (end) => client.release(end))
      return void given().then(give, (error: Error) => taken(error, undefined, () => {}))
    }
    const guarded: Pool = Object.create(pool, { connect: { value: connect } })
    return guarded
  }

  /** @throws where the lock cannot be had; then it is lost */
  async take(workerId: string): Promise<void> {
    this.#workerId = workerId
    const { pool, clock, log, beatMs, silenceMs } = this.#options
    try {
      const client = await pool.connect()
      this.#client = client
      client.once('error', (error) => this.#lose(error))
      client.once('end', () => this.#lose(new Error('the connection of the lock ended')))
      await client.query(`SET idle_session_timeout = ${silenceMs}`)
      const { rowCount } = await client.query(enterText, [workerId])
      assert(rowCount === 1, 'an id is drawn for each worker anew')
      this.#confirm()
      this.#beat = beat('confirming the lock', beatMs, () => this.#confirmed(client), {
        clock,
        log,
      })
      this.#beat.soon()
    } catch (error) {
      this.#lose(error)
      throw error
    }
  }

  /** Lets go of the lock, and of whatever jobs the worker left locked. Safe where it was lost. */
  async leave(): Promise<void> {
    await this.#beat?.stop()
    const client = this.#client
    if (client === undefined) return
    try {
      await client.query(leaveText, [this.#workerId])
    } catch {
      // Somebody else finds the lock free.
    }
    this.#lose(new Error('the worker has ended'))
  }

  async #held(): Promise<void> {
    const ageMs = this.#options.clock.nowMs() - this.#confirmedAtMs
    if (ageMs > this.#options.trustMs) await Promise.race([this.#confirmation.promise, this.lost])
  }

  /** Says that this worker lives, and looks who does not. */
  async #confirmed(client: PoolClient): Promise<void> {
    const { clock, silenceMs, onFreed } = this.#options
    const silence = new Error(`the database was silent for ${silenceMs} ms`)
    const timer = clock.after(silenceMs, () => this.#lose(silence))
    try {
      const { rows } = await client.query<{ ids: string[] }>({
        name: 'notifier-free-jobs',
        text: freeText,
        values: [this.#workerId],
      })
      this.#confirm()
      if (rows[0] !== undefined) onFreed(rows[0].ids)
    } catch (error) {
      this.#lose(error)
    } finally {
      timer.cancel()
    }
  }

  #confirm(): void {
    this.#confirmedAtMs = this.#options.clock.nowMs()
    this.#confirmation.resolve()
    this.#confirmation = Promise.withResolvers()
  }

  #lose(error: unknown): void {
    void this.#beat?.stop()
    this.#lost.reject(error)
    this.#confirmedAtMs = Number.NEGATIVE_INFINITY
    // Thrown away, and with it the lock.
    this.#client?.release(true)
    this.#client = undefined
  }
}
