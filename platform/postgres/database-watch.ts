// Whether the database answers at present, for whoever decides where to send work.
import { type Beat, beat } from '../beat.ts'
import type { Clock } from '../clock.ts'
import type { Part } from '../lifecycle.ts'
import { createLogger } from '../log.ts'
import type { Pool } from './pool.ts'

export interface DatabaseWatchOptions {
  readonly pool: Pick<Pool, 'query'>
  readonly clock: Clock
}

const periodMs = 1_000
/** A database that is that slow is of no use to anybody. */
const answerMsMax = 2_000

export class DatabaseWatch implements Part {
  readonly name = 'database watch'
  readonly #options: DatabaseWatchOptions
  #isThere = false
  #beat: Beat | undefined

  constructor(options: DatabaseWatchOptions) {
    this.#options = options
  }

  /** As it was found within the last seconds. */
  get isThere(): boolean {
    return this.#isThere
  }

  async start(): Promise<void> {
    const { clock } = this.#options
    await this.#look()
    // What is found out is told by `isThere`, and the pool has said why.
    const log = createLogger({ name: 'database watch', level: 'silent' })
    this.#beat = beat('database watch', periodMs, () => this.#look(), { clock, log })
  }

  async drain(): Promise<void> {}

  async stop(): Promise<void> {
    await this.#beat?.stop()
  }

  async #look(): Promise<void> {
    const { pool, clock } = this.#options
    const late = new Promise<boolean>((resolve) => {
      clock.after(answerMsMax, () => resolve(false))
    })
    const answered = pool.query('SELECT 1').then(
      () => true,
      () => false,
    )
    this.#isThere = await Promise.race([answered, late])
  }
}
