// How often commands have no answer for so long that they are asked again.
import { Counter } from 'prom-client'
import type { Registry } from '../../platform/metrics.ts'

export interface RepeatMetrics {
  readonly due: Counter<'asked'>
}

export function createRepeatMetrics(registry: Registry): RepeatMetrics {
  return {
    due: new Counter({
      name: 'outcry_gateway_repeats_total',
      help: 'Commands without an answer for half a second, by whether they were asked again.',
      labelNames: ['asked'],
      registers: [registry],
    }),
  }
}
