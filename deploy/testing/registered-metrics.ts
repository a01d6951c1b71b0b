// Every metric that the roles register, from the code that registers them: what the dashboard, the alerts
// and the runbook may speak of.
import { createEngineMetrics } from '../../auction-engine/shell/engine-metrics.ts'
import { createChatMetrics } from '../../chat-store/shell/chat-metrics.ts'
import { createRepeatMetrics } from '../../gateway/adapters/repeat-metrics.ts'
import { createEdgeMetrics } from '../../gateway/edge/metrics.ts'
import { createFanoutMetrics } from '../../gateway/fanout/metrics.ts'
import { createHttpMetrics } from '../../gateway/routes/http/metrics.ts'
import { createMethodMetrics } from '../../gateway/routes/method-metrics.ts'
import { createFcmMetrics } from '../../notifier/adapters/firebase.metrics.ts'
import { createDeskMetrics } from '../../notifier/shell/feed-desk.metrics.ts'
import { createFeedMetrics } from '../../notifier/shell/feed-teller.metrics.ts'
import { createPushMetrics } from '../../notifier/shell/push.metrics.ts'
import { createWebhookMetrics } from '../../notifier/shell/webhook-dispatcher.metrics.ts'
import { createNatsMetrics } from '../../platform/bus/nats-metrics.ts'
import { createLimitsMetrics } from '../../platform/limits/limits-metrics.ts'
import { createMetrics, type Registry } from '../../platform/metrics.ts'
import { createReadiness } from '../../platform/readiness.ts'
import { createRedisMetrics } from '../../platform/redis/redis-metrics.ts'

/** By the file that registers them. A test finds files that are not here. */
export const registrars: Readonly<Record<string, (metrics: Registry) => unknown>> = {
  'auction-engine/shell/engine-metrics.ts': createEngineMetrics,
  'chat-store/shell/chat-metrics.ts': createChatMetrics,
  'gateway/adapters/repeat-metrics.ts': createRepeatMetrics,
  'gateway/edge/metrics.ts': createEdgeMetrics,
  'gateway/fanout/metrics.ts': (metrics) => createFanoutMetrics(metrics, () => 0),
  'gateway/routes/http/metrics.ts': createHttpMetrics,
  'gateway/routes/method-metrics.ts': createMethodMetrics,
  'notifier/adapters/firebase.metrics.ts': createFcmMetrics,
  'notifier/shell/feed-desk.metrics.ts': createDeskMetrics,
  'notifier/shell/feed-teller.metrics.ts': createFeedMetrics,
  'notifier/shell/push.metrics.ts': createPushMetrics,
  'notifier/shell/webhook-dispatcher.metrics.ts': createWebhookMetrics,
  'platform/bus/nats-metrics.ts': (metrics) =>
    createNatsMetrics(metrics, {
      isConnected: () => true,
      pending: () => 0,
      unconfirmedBytes: () => 0,
    }),
  'platform/limits/limits-metrics.ts': createLimitsMetrics,
  'platform/redis/redis-metrics.ts': createRedisMetrics,
  'platform/readiness.ts': (metrics) => createReadiness({ needs: {}, metrics }),
}

export interface RegisteredMetric {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary'
  readonly labels: readonly string[]
}

/** What is declared and not in the types of prom-client. */
interface Declared {
  readonly name: string
  readonly labelNames?: readonly string[]
}

/** With the metrics of Node and its process. */
export async function registeredMetrics(): Promise<readonly RegisteredMetric[]> {
  const registry = createMetrics({ role: 'all' })
  for (const register of Object.values(registrars)) register(registry)
  const described = await registry.getMetricsAsJSON()
  return described.map(({ name, type }) => {
    const { labelNames = [] } = registry.getSingleMetric(name) as unknown as Declared
    return { name, type: String(type) as RegisteredMetric['type'], labels: labelNames }
  })
}

/** The names under which Prometheus knows it. */
export function seriesOf({ name, type }: RegisteredMetric): readonly string[] {
  if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`]
  if (type === 'summary') return [name, `${name}_sum`, `${name}_count`]
  return [name]
}
