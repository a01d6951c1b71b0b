// Metrics: one registry per process, read by Prometheus at `/metrics`; and beside them the probes of
// whoever watches over the process.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { codeOf, Failure } from './failure.ts'
import type { Part } from './lifecycle.ts'

export type { Registry }

export interface MetricsOptions {
  /** Label of every metric, so that the roles of a fleet can be told apart. */
  readonly role: string
  /** Memory, garbage collection, event-loop delay, handles. Default: true. */
  readonly ofProcess?: boolean
}

/**
 * How often the delay of the event loop is measured, which wakes a process that rests: at the 10 ms of Node an idle
 * gateway took 0.8 % of a core, at these 0.3 %. What is measured holds this interval, so no delay at all reads 0.05 s.
 */
const eventLoopMonitoringPrecision = 50

/** An empty registry, but for what Node tells about its own process. */
export function createMetrics(options: MetricsOptions): Registry {
  const registry = new Registry()
  registry.setDefaultLabels({ role: options.role })
  if (options.ofProcess !== false) {
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision })
  }
  return registry
}

/** From half a millisecond to the seconds of a database that is away. */
export const bucketsOfMs = [0.5, 1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1_000, 2_000, 5_000]
/** Powers of two, for what comes in batches. */
export const bucketsOfCounts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

export interface Meters {
  readonly counter: <Label extends string = never>(
    name: string,
    help: string,
    labelNames?: Label[],
  ) => Counter<Label>
  readonly gauge: (name: string, help: string) => Gauge
  readonly histogram: (name: string, help: string, buckets: number[]) => Histogram
}

/** Makes the metrics of one service, whose names begin with `prefix`. */
export function metersOf(registry: Registry, prefix: string): Meters {
  const registers = [registry]
  return {
    counter: (name, help, labelNames = []) =>
      new Counter({ name: `${prefix}_${name}`, help, labelNames, registers }),
    gauge: (name, help) => new Gauge({ name: `${prefix}_${name}`, help, registers }),
    histogram: (name, help, buckets) =>
      new Histogram({ name: `${prefix}_${name}`, help, buckets, registers }),
  }
}

export interface MetricsServerOptions {
  readonly registry: Registry
  /** 0 takes any free port; `port` of the part tells which. */
  readonly port: number
  /** Default: every address of the machine. */
  readonly host?: string
  /** What the process waits for before it may be given work; `/readyz` is there with it only. */
  readonly readiness?: { missing(): readonly string[] }
}

/**
 * The part that answers `GET /metrics`, `GET /healthz` (the process turns over) and, where a readiness was
 * given, `GET /readyz` (200, or 503 and what is missing). `port` is 0 until it has started.
 */
export interface MetricsServer extends Part {
  readonly port: number
}

/** @throws Failure from `start` where the port cannot be had. */
export function createMetricsServer(options: MetricsServerOptions): MetricsServer {
  const pages = pagesOf(options)
  const server = createServer((request, response) => {
    void answer(pages, request, response)
  })
  return {
    name: 'metrics',
    get port() {
      const address = server.address()
      return typeof address === 'object' && address !== null ? address.port : 0
    },
    start: () => listening(server, options),
    // Metrics are read to the end of the drain: that is when they are most wanted.
    drain: async () => {},
    stop: () => closed(server),
  }
}

interface Page {
  readonly status: number
  readonly contentType: string
  readonly text: string
}
type Pages = ReadonlyMap<string, () => Promise<Page>>

function pagesOf({ registry, readiness }: MetricsServerOptions): Pages {
  const pages = new Map<string, () => Promise<Page>>()
  pages.set('/metrics', async () => {
    const text = await registry.metrics()
    return { status: 200, contentType: registry.contentType, text }
  })
  pages.set('/healthz', async () => json(200, { status: 'alive' }))
  if (readiness !== undefined) {
    pages.set('/readyz', async () => {
      const missing = readiness.missing()
      if (missing.length === 0) return json(200, { status: 'ready' })
      return json(503, { status: 'not ready', missing })
    })
  }
  return pages
}

function json(status: number, body: object): Page {
  return { status, contentType: 'application/json', text: JSON.stringify(body) }
}

async function answer(
  pages: Pages,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const page = pages.get(request.url?.split('?', 1)[0] ?? '')
  if (page === undefined) {
    response.writeHead(404).end()
    return
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end()
    return
  }
  try {
    const { status, contentType, text } = await page()
    response.writeHead(status, { 'content-type': contentType }).end(text)
  } catch (error) {
    // A gauge that fails to collect must not end the process; Prometheus sees the scrape fail.
    response.writeHead(500).end(error instanceof Error ? error.message : undefined)
  }
}

function listening(server: Server, { port, host }: MetricsServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(port, cause)))
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve)
  })
}

function cannotListen(port: number, cause: Error): Failure {
  const reason =
    codeOf(cause) === 'EADDRINUSE'
      ? 'another process listens there already'
      : `the system refuses it (${codeOf(cause) ?? cause.message})`
  return new Failure(`METRICS_PORT ${port} cannot be used: ${reason}.`, {
    hint: 'Set METRICS_PORT to a free port, or to 0 for any free one.',
    cause,
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
