// What is counted of the way to FCM. What becomes of each push its job counts.
import type { Registry } from '../../platform/metrics.ts'
import { bucketsOfMs, metersOf } from '../../platform/metrics.ts'

/** Why a push was not even tried. */
export const HELD_BACK = ['retry_after', 'quota', 'circuit', 'crowded', 'stopping'] as const
export type HeldBack = (typeof HELD_BACK)[number]

export interface FcmMetrics {
  /** A push is on its way; to be called at its end. */
  begin(): (durationMs: number) => void
  heldBack(reason: HeldBack): void
  complained(): void
}

export function createFcmMetrics(registry: Registry): FcmMetrics {
  const meters = metersOf(registry, 'outcry_fcm')
  const inFlight = meters.gauge('sends_in_flight', 'Pushes on their way to FCM.')
  const duration = meters.histogram(
    'send_duration_ms',
    'From asking FCM to knowing what came of it.',
    [...bucketsOfMs, 15_000],
  )
  const heldBack = meters.counter(
    'sends_held_back_total',
    'Pushes that were put off without asking FCM.',
    ['reason'],
  )
  const complaints = meters.counter(
    'complaints_total',
    'Answers by which FCM refuses the project or its service account. Anything above 0 is an alarm.',
  )
  for (const reason of HELD_BACK) heldBack.inc({ reason }, 0)
  return {
    begin() {
      inFlight.inc()
      return (durationMs) => {
        inFlight.dec()
        duration.observe(durationMs)
      }
    },
    heldBack: (reason) => heldBack.inc({ reason }),
    complained: () => complaints.inc(),
  }
}
