// How many requests, of which resource, with which status, and how long they took.
import { Counter, Histogram } from 'prom-client'
import type { Registry } from '../../../platform/metrics.ts'

export interface HttpMetrics {
  /** Begins a request; the result ends it. `resource` is a path with its parameters in braces. */
  begin(): (resource: string, status: number) => void
}

export function createHttpMetrics(registry: Registry): HttpMetrics {
  const requests = new Counter({
    name: 'outcry_http_requests_total',
    help: 'HTTP requests answered, by resource and status.',
    labelNames: ['resource', 'status'],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'outcry_http_request_seconds',
    help: 'Time from a whole request to its answer, by resource.',
    labelNames: ['resource'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  })
  return {
    begin() {
      const stop = seconds.startTimer()
      return (resource, status) => {
        stop({ resource })
        requests.inc({ resource, status })
      }
    },
  }
}
