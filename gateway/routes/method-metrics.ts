// Which methods are called, and what comes of them: the labels are the closed tables of the protocol.
import { Histogram } from 'prom-client'
import type { Registry } from '../../platform/metrics.ts'
import { Tally } from '../../platform/tally.ts'
import type { MethodName } from '../../protocol/methods.ts'

export interface MethodMetrics {
  /** A call took so long and came to this: `data`, `accepted`, a refusal's code, an error's name. */
  called(method: MethodName, outcome: string, tookMs: number): void
}

export function createMethodMetrics(registry: Registry): MethodMetrics {
  const calls = new Tally(registry, {
    name: 'outcry_methods_total',
    help: 'Calls of methods by RPC and HTTP, by method and outcome.',
    labelNames: ['method', 'outcome'],
  })
  const seconds = new Histogram({
    name: 'outcry_method_seconds',
    help: 'Time from a call to its answer, by method.',
    labelNames: ['method'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  })
  return {
    called(method, outcome, tookMs) {
      calls.add(method, outcome)
      seconds.observe({ method }, tookMs / 1_000)
    },
  }
}
