import { Counter, Gauge } from 'prom-client'
import { afterEach, expect, test } from 'vitest'
import { Failure } from './failure.ts'
import { createMetrics, createMetricsServer, type MetricsServer } from './metrics.ts'
import { expectNoLeaks } from './testing/leak-check.ts'

expectNoLeaks()

const servers: MetricsServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop()
})

const bare = () => createMetrics({ role: 'test', ofProcess: false })

async function started(registry = bare(), port = 0): Promise<MetricsServer> {
  const server = createMetricsServer({ registry, port, host: '127.0.0.1' })
  servers.push(server)
  await server.start()
  return server
}

const ask = (server: MetricsServer, path: string, method = 'GET') =>
  fetch(`http://127.0.0.1:${server.port}${path}`, { method, headers: { connection: 'close' } })

test('metrics are served with the role that has them', async () => {
  const registry = bare()
  new Counter({ name: 'bids_total', help: 'Bids', registers: [registry] }).inc(3)
  const response = await ask(await started(registry), '/metrics')
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('text/plain')
  expect(await response.text()).toContain('bids_total{role="test"} 3')
})

test('the process tells of its own event-loop delay and memory', async () => {
  const text = await createMetrics({ role: 'gateway' }).metrics()
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds\{role="gateway"\}/mu)
  expect(text).toMatch(/^process_resident_memory_bytes\{role="gateway"\}/mu)
})

test('nothing else is served', async () => {
  const server = await started()
  expect((await ask(server, '/')).status).toBe(404)
  expect((await ask(server, '/metrics/x')).status).toBe(404)
  expect((await ask(server, '/metrics', 'POST')).status).toBe(405)
  expect((await ask(server, '/metrics?name=up')).status).toBe(200)
})

test('whether the process is alive is told as soon as it listens', async () => {
  const response = await ask(await started(), '/healthz')
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: 'alive' })
})

test('whether it may be given work is told with what is missing', async () => {
  let missing: readonly string[] = ['NATS', 'PostgreSQL']
  const readiness = { missing: () => missing }
  const server = createMetricsServer({ registry: bare(), port: 0, host: '127.0.0.1', readiness })
  servers.push(server)
  await server.start()
  const refused = await ask(server, '/readyz')
  expect(refused.status).toBe(503)
  expect(await refused.json()).toEqual({ status: 'not ready', missing: ['NATS', 'PostgreSQL'] })
  missing = []
  const taken = await ask(server, '/readyz')
  expect(taken.status).toBe(200)
  expect(await taken.json()).toEqual({ status: 'ready' })
})

test('nothing is said of being ready where nobody knows', async () => {
  expect((await ask(await started(), '/readyz')).status).toBe(404)
})

test('a gauge that cannot be read fails the scrape, not the process', async () => {
  const registry = bare()
  registry.registerMetric(
    new Gauge({ name: 'broken', help: 'Broken', registers: [], collect: brokenCollect }),
  )
  const server = await started(registry)
  expect((await ask(server, '/metrics')).status).toBe(500)
  expect((await ask(server, '/')).status).toBe(404)
})

test('a port in use is one sentence and a hint', async () => {
  const { port } = await started()
  const failure = await started(bare(), port).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(Failure)
  expect(failure).toMatchObject({
    exitCode: 69,
    text: `METRICS_PORT ${port} cannot be used: another process listens there already.\nSet METRICS_PORT to a free port, or to 0 for any free one.`,
  })
})

test('stopping twice, or without a start, does no harm', async () => {
  const server = createMetricsServer({ registry: bare(), port: 0 })
  await server.stop()
  expect(server.port).toBe(0)
  const running = await started()
  await running.stop()
  await running.stop()
})

function brokenCollect(): void {
  throw new Error('the gauge of the test fails')
}
