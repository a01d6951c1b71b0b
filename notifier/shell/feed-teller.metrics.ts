// What the feed teller counts.
import { Counter, Histogram } from 'prom-client'
import type { Registry } from '../../platform/metrics.ts'
import { NOTIFICATION_TYPES, type UserEvents } from '../../protocol/notifications.ts'
import type { Told } from '../ports/feed-journal.ts'

export interface FeedMetrics {
  /** Counts a pass which was committed at `nowMs`. */
  told(told: Told, nowMs: number): void
  /** Counts what was added to feeds. */
  added(feeds: readonly UserEvents[]): void
  failed(): void
}

/** From a few milliseconds (usual) to the minutes of a database that was away. */
const lagBucketsMs = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000, 600_000]

export function createFeedMetrics(registry: Registry): FeedMetrics {
  const registers = [registry]
  const lag = new Histogram({
    name: 'outcry_notifier_feed_lag_ms',
    help: 'From the commit of an event to the commit of what it tells; the oldest of each pass.',
    buckets: lagBucketsMs,
    registers,
  })
  const notifications = new Counter({
    name: 'outcry_notifier_notifications_total',
    help: 'Notifications added to the users’ feeds.',
    labelNames: ['type'],
    registers,
  })
  const underivable = new Counter({
    name: 'outcry_notifier_underivable_commits_total',
    help: 'Commits left aside because their log could not be understood. Anything above 0 is an alarm.',
    registers,
  })
  const failures = new Counter({
    name: 'outcry_notifier_failed_passes_total',
    help: 'Passes that failed as a whole and were tried again.',
    registers,
  })
  // So that each is on the page before it first happens.
  for (const type of NOTIFICATION_TYPES) notifications.inc({ type }, 0)
  const added = (feeds: readonly UserEvents[]): void => {
    for (const { type } of feeds.flatMap(({ events }) => events)) notifications.inc({ type })
  }
  return {
    added,
    told(told, nowMs) {
      if (told.oldestAtMs !== undefined) lag.observe(Math.max(0, nowMs - told.oldestAtMs))
      added(told.feeds)
      underivable.inc(told.underivable.length)
    },
    failed: () => failures.inc(),
  }
}
