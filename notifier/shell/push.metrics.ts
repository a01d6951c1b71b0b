// What becomes of pushes: due → sent → accepted, and where the others went.
import { Counter, Gauge, Histogram } from 'prom-client'
import type { Registry } from '../../platform/metrics.ts'
import { NOTIFICATION_TYPES, type NotificationType } from '../../protocol/notifications.ts'
import { SKIP_REASONS, type SkipReason } from '../core/push/decide.ts'
import { TASKS, type TaskName } from '../ports/job-queue.ts'

/** A notification, or what is pushed for many. */
export const PUSH_KINDS = [...NOTIFICATION_TYPES, 'digest', 'sync'] as const
export type PushKind = (typeof PUSH_KINDS)[number]

/** What the service said that did not accept. */
export const PUSH_FAILURES = [
  'unregistered',
  'bad_token',
  'our_fault',
  'wrong_project',
  'throttled',
  'device_throttled',
  'unavailable',
  'apns_key',
  'too_large',
  'undeliverable',
] as const
export type PushFailure = (typeof PUSH_FAILURES)[number]

export interface PushMetrics {
  /** A notification came to a device for the first time. */
  due(type: NotificationType): void
  skipped(reason: SkipReason): void
  postponed(reason: 'connected' | 'quiet' | 'digest'): void
  /** The service is asked. */
  sent(kind: PushKind): void
  accepted(kind: PushKind): void
  /** It was accepted without having waited for anything but the service. */
  lag(lagMs: number): void
  failed(reason: PushFailure): void
  job(task: TaskName, outcome: string): void
  /** How many jobs there are, of all tasks. */
  kept(counts: { readonly dead: number; readonly all: number }): void
}

const lagBucketsMs = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 15_000, 60_000, 600_000]

export function createPushMetrics(registry: Registry): PushMetrics {
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `outcry_notifier_${name}`, help, labelNames, registers })
  const due = counter('pushes_due_total', 'Notifications that came to a device.', 'type')
  const skipped = counter('pushes_skipped_total', 'Pushes not sent, by why.', 'reason')
  const postponed = counter('pushes_postponed_total', 'Pushes put off, by what for.', 'reason')
  const sent = counter('pushes_sent_total', 'Pushes offered to the push service.', 'kind')
  const accepted = counter('pushes_accepted_total', 'Pushes that the service took.', 'kind')
  const failed = counter('pushes_failed_total', 'Pushes that it did not take, by why.', 'reason')
  const jobs = counter('jobs_total', 'Attempts at jobs, by how they ended.', 'task', 'outcome')
  const kept = new Gauge({
    name: 'outcry_notifier_jobs_kept',
    help: 'Jobs that wait or are being done, and jobs that are dead; looked at once a minute.',
    labelNames: ['state'],
    registers,
  })
  const lag = new Histogram({
    name: 'outcry_notifier_push_lag_ms',
    help: 'From the commit of a cause until the service took its push, where it waited for nothing else.',
    buckets: lagBucketsMs,
    registers,
  })
  // So that each is on the page before it first happens.
  for (const type of NOTIFICATION_TYPES) due.inc({ type }, 0)
  for (const kind of PUSH_KINDS) sent.inc({ kind }, 0)
  for (const kind of PUSH_KINDS) accepted.inc({ kind }, 0)
  for (const reason of SKIP_REASONS) skipped.inc({ reason }, 0)
  for (const reason of PUSH_FAILURES) failed.inc({ reason }, 0)
  for (const task of Object.keys(TASKS)) jobs.inc({ task, outcome: 'dead' }, 0)
  return {
    due: (type) => due.inc({ type }),
    skipped: (reason) => skipped.inc({ reason }),
    postponed: (reason) => postponed.inc({ reason }),
    sent: (kind) => sent.inc({ kind }),
    accepted: (kind) => accepted.inc({ kind }),
    lag: (lagMs) => lag.observe(Math.max(0, lagMs)),
    failed: (reason) => failed.inc({ reason }),
    job: (task, outcome) => jobs.inc({ task, outcome }),
    kept: ({ dead, all }) => {
      kept.set({ state: 'dead' }, dead)
      kept.set({ state: 'waiting' }, all - dead)
    },
  }
}
