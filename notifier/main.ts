// The notifier: tells users what concerns them, derived from the durable logs. Any number of them may
// run at once.
import type { Bus } from '../platform/bus/bus.ts'
import type { Clock } from '../platform/clock.ts'
import type { ConnectionCounts } from '../platform/connections/connection-counts.ts'
import { endingWith, type Part } from '../platform/lifecycle.ts'
import type { Limits } from '../platform/limits/limits.ts'
import type { Logger } from '../platform/log.ts'
import type { Registry } from '../platform/metrics.ts'
import type { Pool } from '../platform/postgres/pool.ts'
import { createFirebasePushService } from './adapters/firebase-push-service.ts'
import { createGraphileJobs } from './adapters/graphile-jobs.ts'
import { createHttpsWebhookSender } from './adapters/https-webhook-sender.ts'
import { createIcuPushWords } from './adapters/icu-push-words.ts'
import { createPostgresFeedJournal } from './adapters/postgres-feed-journal.ts'
import { createPostgresFeedKeeping } from './adapters/postgres-feed-keeping.ts'
import { createPostgresFeedRegister } from './adapters/postgres-feed-register.ts'
import { createPostgresLotEndings } from './adapters/postgres-lot-endings.ts'
import { createPostgresPushBook } from './adapters/postgres-push-book.ts'
import { createPostgresWebhookQueue } from './adapters/postgres-webhook-queue.ts'
import { createPostgresWebhookRegister } from './adapters/postgres-webhook-register.ts'
import { createUndeliverablePushService } from './adapters/undeliverable-push-service.ts'
import type { PushLimit, PushTarget, WebhookReach } from './config.ts'
import { commitsPerPassMax, eventsPerPassMax, pushJobsAtOnce } from './limits.ts'
import { DeviceMarkGatherer } from './shell/device-marks.ts'
import { createDeskMetrics } from './shell/feed-desk.metrics.ts'
import { FeedDesk } from './shell/feed-desk.ts'
import { FeedKeeper } from './shell/feed-keeping.ts'
import { createFeedMetrics } from './shell/feed-teller.metrics.ts'
import { createFeedTeller } from './shell/feed-teller.ts'
import { LotEndingTeller } from './shell/lot-endings.ts'
import { createPushMetrics } from './shell/push.metrics.ts'
import { PushKeeper } from './shell/push-keeping.ts'
import { createPushTasks } from './shell/push-tasks.ts'
import { createWebhookDesk } from './shell/webhook-desk.ts'
import { createWebhookMetrics } from './shell/webhook-dispatcher.metrics.ts'
import { createWebhookDispatcher } from './shell/webhook-dispatcher.ts'

export interface NotifierOptions {
  /**
   * To the database of the engines. Two connections are held for as long as it runs: on one it hears of jobs, on
   * the other it says that it lives.
   */
  readonly pool: Pool
  readonly bus: Bus
  /** Which devices are connected, over all gateways. */
  readonly connectionCounts: ConnectionCounts
  readonly pushTarget: PushTarget
  /** Of what the notifiers together send. */
  readonly limits: Limits<PushLimit>
  /** Default: public addresses, by https. */
  readonly webhooks?: WebhookReach
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
}

/** The parts of a notifier, in the order in which they start. */
export function createNotifier(options: NotifierOptions): Part[] {
  const { pool, bus, clock, log, metrics } = options
  const journal = createPostgresFeedJournal(pool, { commitsPerPassMax, eventsPerPassMax })
  const feedMetrics = createFeedMetrics(metrics)
  return [
    ...pushParts(options),
    createFeedTeller({ journal, bus, clock, log, metrics: feedMetrics }),
    new LotEndingTeller({
      endings: createPostgresLotEndings(pool),
      bus,
      clock,
      log,
      metrics: feedMetrics,
    }),
    ...feedParts(options),
    ...webhookParts(options),
  ]
}

/** What devices are pushed that do not hear it otherwise. */
function pushParts(options: NotifierOptions): Part[] {
  const { pool, clock, log, connectionCounts: connections } = options
  const service = pushServiceOf(options)
  const book = createPostgresPushBook(pool)
  const metrics = createPushMetrics(options.metrics)
  const random = Math.random
  const words = createIcuPushWords()
  return [
    service,
    new PushKeeper({ book, clock, log }),
    createGraphileJobs({
      name: 'push jobs',
      pool,
      tasks: createPushTasks({ service, book, words, connections, clock, log, metrics, random }),
      concurrency: pushJobsAtOnce,
      clock,
      log,
      onEnd: (task, end) => metrics.job(task, end),
      onCount: (kept) => metrics.kept(kept),
    }),
  ]
}

/** What users settle, what their devices acknowledge, and for how long it is kept. */
function feedParts({ pool, bus, clock, log, metrics: registry }: NotifierOptions): Part[] {
  const register = createPostgresFeedRegister(pool)
  const keeping = createPostgresFeedKeeping(pool)
  const options = { register, bus, clock, log, metrics: createDeskMetrics(registry) }
  return [
    new FeedKeeper({ keeping, clock, log }),
    new DeviceMarkGatherer(options),
    new FeedDesk(options),
  ]
}

/** What the marketplace's own back end is told. */
function webhookParts(options: NotifierOptions): Part[] {
  const { pool, bus, clock, log, metrics, webhooks = publicOnly } = options
  const sender = createHttpsWebhookSender(webhooks)
  const register = createPostgresWebhookRegister(pool)
  return [
    endingWith('webhook connections', async () => sender.close()),
    createWebhookDispatcher({
      queue: createPostgresWebhookQueue(pool),
      sender,
      clock,
      log,
      metrics: createWebhookMetrics(metrics),
      random: Math.random,
    }),
    createWebhookDesk({ register, sender, bus, clock, log }),
  ]
}

const publicOnly: WebhookReach = { allowedNetworks: [], allowHttp: false }

function pushServiceOf({ pushTarget: target, ...options }: NotifierOptions) {
  if (target.type === 'none') return createUndeliverablePushService(options.log)
  return createFirebasePushService({ ...options, target })
}
