// What limits cost that are counted over all processes.
import type { Counter } from 'prom-client'
import { metersOf, type Registry } from '../metrics.ts'

export interface LimitsMetrics {
  readonly asked: Counter<'limit'>
}

export function createLimitsMetrics(registry: Registry): LimitsMetrics {
  const { counter } = metersOf(registry, 'outcry_limits')
  return {
    asked: counter(
      'asked_total',
      'Times that a limit was asked for beyond what this process held of it',
      ['limit'],
    ),
  }
}
