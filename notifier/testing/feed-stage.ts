// What is told of commits, on a real database: where a test writes the logs, and a notifier reads them.
import { createLogger } from '../../platform/log.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import {
  createPostgresFeedJournal,
  type FeedJournalLimits,
} from '../adapters/postgres-feed-journal.ts'
import type { FeedJournal } from '../ports/feed-journal.ts'
import { standInForEngine } from './lot-log.ts'

/** Far more than a test has to tell. */
const limits = { commitsPerPassMax: 100, eventsPerPassMax: { lot: 1_000, conversation: 1_000 } }

export class FeedStage {
  readonly pool: Pool
  /** Of the only notifier, unless a test asks for others. */
  readonly journal: FeedJournal
  readonly #database: ThrowawayDatabase

  private constructor(database: ThrowawayDatabase) {
    this.#database = database
    const log = createLogger({ name: 'test', level: 'silent' })
    this.pool = createPool(database.url, { log, applicationName: 'test' })
    this.journal = this.anotherJournal()
  }

  static async set(): Promise<FeedStage> {
    const stage = new FeedStage(await throwawayDatabase())
    await standInForEngine(stage.pool)
    return stage
  }

  /** Of one more notifier, on the same database. */
  anotherJournal(change: Partial<FeedJournalLimits> = {}): FeedJournal {
    return createPostgresFeedJournal(this.pool, { ...limits, ...change })
  }

  async clear(): Promise<void> {
    await this.pool.end()
    await this.#database.drop()
  }
}
