// What the servers say of themselves while a load test runs: their `/metrics`, read once a second.
import { performance } from 'node:perf_hooks'
import { codeOf, Failure } from '../platform/failure.ts'
import { samplesOf } from './prometheus-text.ts'

/** What one server said at one moment; what it does not tell is absent. */
export interface ServerReading {
  readonly residentBytes?: number
  /** Of processor time, in seconds a second, since the reading before. */
  readonly cpuCores?: number
  /** How late its timers were at the 99th percentile, since anybody last read it. */
  readonly eventLoopDelayMs?: number
  readonly connections?: number
  /** Waiting in sockets that did not keep up, looked at once a second. */
  readonly bufferedBytes?: number
  /** Streams of those who came back that were recovered from the database, since before anybody came. */
  readonly storeRecoveries?: number
}

/** What the connections of one server cost it. */
export interface ServerCost {
  readonly name: string
  readonly residentBeforeBytes: number
  readonly residentHeldBytes: number
  /** Those that came for this run. */
  readonly connections: number
  readonly bytesPerConnection: number
}

export type OnReading = (name: string, reading: ServerReading) => void

const readingIntervalMs = 1_000
/** A server that is this slow to answer is shown as a gap. */
const readingTimeoutMs = 5_000
/** Node counts the pause between two looks at the clock as delay; prom-client looks this often. */
const eventLoopResolutionMs = 10

interface Watched {
  readonly url: string
  readonly name: string
  readonly before: ServerReading
  readonly storeRecoveriesBefore: number
  latest: ServerReading
  cpuSeconds: number | undefined
  bufferedSum: number | undefined
  readAtMs: number
  isBeingRead: boolean
}

export class ServersWatch {
  readonly #onReading: OnReading
  readonly #watched: readonly Watched[]
  readonly #timer: NodeJS.Timeout

  private constructor(watched: readonly Watched[], onReading: OnReading) {
    this.#watched = watched
    this.#onReading = onReading
    this.#timer = setInterval(() => void this.read(), readingIntervalMs)
  }

  /**
   * Reads each server once, before anybody comes, and then every second.
   * @param urls of `/metrics`
   * @throws Failure where one can not be read
   */
  static async begin(urls: readonly string[], onReading: OnReading): Promise<ServersWatch> {
    return new ServersWatch(await Promise.all(urls.map(firstReading)), onReading)
  }

  /** Reads all of them now. One that can not be read says nothing for that second. */
  async read(): Promise<void> {
    await Promise.all(this.#watched.map((each) => this.#readOne(each)))
  }

  /** What the connections cost which are there now, where servers tell of any that came for this run. */
  costs(): ServerCost[] {
    return this.#watched.flatMap(({ name, before, latest }) => {
      const connections = (latest.connections ?? 0) - (before.connections ?? 0)
      const { residentBytes: residentHeldBytes } = latest
      const { residentBytes: residentBeforeBytes } = before
      if (connections <= 0 || residentHeldBytes === undefined || residentBeforeBytes === undefined)
        return []
      const bytesPerConnection = (residentHeldBytes - residentBeforeBytes) / connections
      return [{ name, residentBeforeBytes, residentHeldBytes, connections, bytesPerConnection }]
    })
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async #readOne(watched: Watched): Promise<void> {
    if (watched.isBeingRead) return
    watched.isBeingRead = true
    try {
      const values = valuesIn(await textOf(watched.url))
      watched.latest = readingOf(values, watched)
      this.#onReading(watched.name, watched.latest)
    } catch {
      // A gap in the plot says it.
    } finally {
      watched.isBeingRead = false
    }
  }
}

async function firstReading(url: string): Promise<Watched> {
  const text = await textOf(url).catch((cause: unknown) => {
    throw new Failure(`The metrics at ${url} can not be read: ${reasonOf(cause)}.`, {
      hint: 'Has that server ended since the file of --cluster was written? Start the cluster anew, or name the others by --metrics-url.',
      cause,
    })
  })
  const values = valuesIn(text)
  if (values.residentBytes === undefined) {
    throw new Failure(`${url} is not the /metrics of a server: it does not tell its memory.`)
  }
  const { cpuSeconds, bufferedSum, storeRecoveries: storeRecoveriesBefore = 0 } = values
  const watched = { readAtMs: performance.now(), cpuSeconds, bufferedSum, storeRecoveriesBefore }
  const before = readingOf(values, { ...watched })
  const name = `${values.role} ${new URL(url).host}`
  return {
    ...watched,
    url,
    name,
    before,
    latest: before,
    isBeingRead: false,
  }
}

/** What `fetch` says itself is that it failed. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return codeOf(error.cause) ?? error.message
}

async function textOf(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(readingTimeoutMs) })
  if (!answer.ok) throw new Error(`it answered ${answer.status}`)
  return await answer.text()
}

interface Values {
  readonly role: string
  readonly residentBytes: number | undefined
  readonly cpuSeconds: number | undefined
  readonly delaySeconds: number | undefined
  readonly connections: number | undefined
  readonly bufferedSum: number | undefined
  readonly storeRecoveries: number | undefined
}

function valuesIn(text: string): Values {
  const sums = new Map<string, number>()
  let role = 'server'
  let storeRecoveries: number | undefined
  for (const { name, labels, value } of samplesOf(text)) {
    sums.set(name, (sums.get(name) ?? 0) + value)
    if (name === 'outcry_gateway_recoveries_total') {
      storeRecoveries = (storeRecoveries ?? 0) + (labels.get('kind') === 'store' ? value : 0)
    }
    role = labels.get('role') ?? role
  }
  return {
    role,
    residentBytes: sums.get('process_resident_memory_bytes'),
    cpuSeconds: sums.get('process_cpu_seconds_total'),
    delaySeconds: sums.get('nodejs_eventloop_lag_p99_seconds'),
    connections: sums.get('outcry_gateway_connections'),
    bufferedSum: sums.get('outcry_gateway_buffered_bytes_sum'),
    storeRecoveries,
  }
}

/** Counters become rates; `before` is moved on to this reading. */
function readingOf(
  values: Values,
  before: Pick<Watched, 'cpuSeconds' | 'bufferedSum' | 'storeRecoveriesBefore' | 'readAtMs'>,
): ServerReading {
  const nowMs = performance.now()
  const seconds = (nowMs - before.readAtMs) / 1_000
  const rate = (now: number | undefined, then: number | undefined) =>
    now === undefined || then === undefined || seconds <= 0 ? undefined : (now - then) / seconds
  const delayMs = values.delaySeconds === undefined ? undefined : values.delaySeconds * 1_000
  const reading = {
    residentBytes: values.residentBytes,
    cpuCores: rate(values.cpuSeconds, before.cpuSeconds),
    eventLoopDelayMs:
      delayMs === undefined ? undefined : Math.max(0, delayMs - eventLoopResolutionMs),
    connections: values.connections,
    bufferedBytes: rate(values.bufferedSum, before.bufferedSum),
    storeRecoveries:
      values.storeRecoveries === undefined
        ? undefined
        : values.storeRecoveries - before.storeRecoveriesBefore,
  }
  before.cpuSeconds = values.cpuSeconds
  before.bufferedSum = values.bufferedSum
  before.readAtMs = nowMs
  return Object.fromEntries(
    Object.entries(reading).filter(([, value]) => value !== undefined && Number.isFinite(value)),
  )
}
