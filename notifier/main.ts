// The notifier: tells users what concerns them, derived from the durable logs. Any number of them may
// run at once.
import type { Bus } from '../platform/bus/bus.ts'
import type { Clock } from '../platform/clock.ts'
import type { Part } from '../platform/lifecycle.ts'
import type { Logger } from '../platform/log.ts'
import type { Registry } from '../platform/metrics.ts'
import type { Pool } from '../platform/postgres/pool.ts'
import { createPostgresFeedJournal } from './adapters/postgres-feed-journal.ts'
import { commitsPerPassMax, eventsPerPassMax } from './limits.ts'
import { createFeedMetrics } from './shell/feed-teller.metrics.ts'
import { createFeedTeller } from './shell/feed-teller.ts'

export interface NotifierOptions {
  /** To the database of the engines; it uses one connection at a time. */
  readonly pool: Pool
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
}

/** The parts of a notifier, in the order in which they start. */
export function createNotifier({ pool, bus, clock, log, metrics }: NotifierOptions): Part[] {
  const journal = createPostgresFeedJournal(pool, { commitsPerPassMax, eventsPerPassMax })
  return [createFeedTeller({ journal, bus, clock, log, metrics: createFeedMetrics(metrics) })]
}
