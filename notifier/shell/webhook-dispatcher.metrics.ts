// What the webhook dispatcher counts.
import { metersOf, type Registry } from '../../platform/metrics.ts'
import { PAUSE_REASONS, type PauseReason } from '../../protocol/webhooks.ts'
import type { Verdict } from '../core/webhooks/verdict.ts'

export interface WebhookMetrics {
  /** An attempt has ended so, `tookMs` after it began. */
  attempted(verdict: Verdict['type'], tookMs: number): void
  paused(reason: PauseReason): void
  lag(ms: number): void
  failed(): void
}

const VERDICTS: readonly Verdict['type'][] = ['delivered', 'again', 'dead']
/** From a receiver next door to one that was waited for in vain. */
const attemptBucketsMs = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 15_000]

export function createWebhookMetrics(registry: Registry): WebhookMetrics {
  const { counter, gauge, histogram } = metersOf(registry, 'outcry_webhooks')
  const attempts = counter(
    'attempts_total',
    'Attempts to deliver an event to a webhook: delivered, again (it failed), dead (given up).',
    ['verdict'],
  )
  const attemptMs = histogram(
    'attempt_ms',
    'From the beginning of an attempt to the receiver’s answer, or to giving it up.',
    attemptBucketsMs,
  )
  const paused = counter('paused_total', 'Webhooks that were paused because nothing arrives.', [
    'reason',
  ])
  const lag = gauge('lag_ms', 'How long the oldest delivery has been due to a webhook that works.')
  const failures = counter('failed_passes_total', 'Passes over what is due that failed as a whole.')
  // So that each is on the page before it first happens.
  for (const verdict of VERDICTS) attempts.inc({ verdict }, 0)
  for (const reason of PAUSE_REASONS) if (reason !== 'asked') paused.inc({ reason }, 0)
  return {
    attempted(verdict, tookMs) {
      attempts.inc({ verdict })
      attemptMs.observe(tookMs)
    },
    paused: (reason) => paused.inc({ reason }),
    lag: (ms) => lag.set(ms),
    failed: () => failures.inc(),
  }
}
