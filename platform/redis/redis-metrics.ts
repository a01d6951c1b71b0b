// What is counted of the connection to Redis.
import type { Counter, Gauge } from 'prom-client'
import { metersOf, type Registry } from '../metrics.ts'

export interface RedisMetrics {
  readonly connected: Gauge
  readonly lost: Counter
}

export function createRedisMetrics(registry: Registry): RedisMetrics {
  const { counter, gauge } = metersOf(registry, 'outcry_redis')
  return {
    connected: gauge('connected', '1 while Redis is there'),
    lost: counter('connections_lost_total', 'How often the connection to Redis was lost'),
  }
}
