// Whether the database answers at present, for whoever decides where to send work; and the one place that
// tells the operator when it goes and when it is back.
import { type Beat, beat } from '../beat.ts'
import type { Clock } from '../clock.ts'
import type { Part } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { explainConnection, placeOf } from './explain-connection.ts'
import type { Pool } from './pool.ts'

export interface DatabaseWatchOptions {
  readonly pool: Pick<Pool, 'query'>
  /** Of the database, for the log; its password stays out of it. */
  readonly url: string
  readonly clock: Clock
  readonly log: Logger
}

const periodMs = 1_000
/** A database that is that slow is of no use to anybody. */
const answerMsMax = 2_000

export class DatabaseWatch implements Part {
  readonly name = 'database watch'
  readonly #options: DatabaseWatchOptions
  #isThere = false
  /** When it was missed first; undefined while it is there, and before it was ever there. */
  #awaySinceMs: number | undefined
  #beat: Beat | undefined

  constructor(options: DatabaseWatchOptions) {
    this.#options = options
  }

  /** As it was found within the last seconds. */
  get isThere(): boolean {
    return this.#isThere
  }

  /** Resolves whether or not it is there. */
  async start(): Promise<void> {
    await this.#look()
    this.#beat = beat('database watch', periodMs, () => this.#look(), this.#options)
  }

  async drain(): Promise<void> {}

  async stop(): Promise<void> {
    await this.#beat?.stop()
  }

  async #look(): Promise<void> {
    const { pool, clock } = this.#options
    const { promise: late, resolve: giveUp } = Promise.withResolvers<unknown>()
    const deadline = clock.after(answerMsMax, () => giveUp(silent))
    const answered = pool.query('SELECT 1').then(
      () => undefined,
      (error: unknown) => error,
    )
    this.#found(await Promise.race([answered, late]))
    deadline.cancel()
  }

  #found(fault: unknown): void {
    const { url, clock, log } = this.#options
    const wasThere = this.#isThere
    this.#isThere = fault === undefined
    if (wasThere && !this.#isThere) {
      this.#awaySinceMs = clock.nowMs()
      const reason = explainConnection(fault, url).message
      log.warn({ reason }, 'PostgreSQL is away; trying again until it is back')
    } else if (this.#isThere && this.#awaySinceMs !== undefined) {
      const awayMs = clock.nowMs() - this.#awaySinceMs
      this.#awaySinceMs = undefined
      log.info({ database: placeOf(url), awayMs }, 'PostgreSQL is back')
    }
  }
}

const silent = new Error('it does not answer')
