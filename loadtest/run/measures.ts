// What is measured: counts, times, and levels, each second, in every process, under names that the report knows.
import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js'

/** How often something happened. */
export const COUNTS = {
  connects: 'connections made',
  disconnects: 'connections lost',
  deliveries: 'publications heard',
  conflated: 'publications that stand for several',
  sent: 'commands sent',
  accepted: 'commands accepted',
  refused: 'commands refused',
  asked_again: 'commands asked again',
  recovered: 'streams recovered without a snapshot',
  snapshots: 'streams begun anew by a snapshot',
  read_back: 'streams read back page by page',
  marks: 'delivered and read marks set',
  closed_slow: 'slow readers closed by the server',
} as const satisfies Record<string, string>
export type CountName = keyof typeof COUNTS

/** How long something took; in microseconds here, and from when it was due where it was due at a time. */
export const LATENCIES = {
  connect: 'connection due → connected',
  bid: 'bid due → verdict',
  message: 'message due → acknowledged',
  delivery: 'committed → heard',
  slow_delivery: 'committed → heard by who reads slowly',
  conversation: 'message due → heard by the other',
  recovery: 'connection lost → every stream recovered',
  request: 'HTTP request → answer',
} as const satisfies Record<string, string>
export type LatencyName = keyof typeof LATENCIES

/** How much there is of something now. */
export const LEVELS = {
  connected: 'devices connected',
  waiting: 'commands waiting for their answer',
} as const satisfies Record<string, string>
export type LevelName = keyof typeof LEVELS

/** What one process measured in one second. */
export interface Sample {
  readonly counts: Partial<Record<CountName, number>>
  readonly levels: Partial<Record<LevelName, number>>
  /** Encoded histograms. */
  readonly latencies: Partial<Record<LatencyName, string>>
  /** What went wrong, by kind. */
  readonly errors: Readonly<Record<string, number>>
}

/** Two digits are right, up to an hour: more than any plot shows. */
const histogramOf = (): Histogram =>
  build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 3_600_000_000,
    numberOfSignificantValueDigits: 2,
  })
const microsOf = (ms: number): number => Math.max(1, Math.round(ms * 1_000))
/** A broken server breaks in few ways; one that says something new each time must not fill the memory. */
const errorKindsMax = 100

/** Takes what happens, and gives it away by the second. */
export class Recorder {
  #counts = new Map<CountName, number>()
  #latencies = new Map<LatencyName, Histogram>()
  #errors = new Map<string, number>()
  readonly #levels = new Map<LevelName, () => number>()

  count(name: CountName, times = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + times)
  }

  /** @param ms how long it took */
  time(name: LatencyName, ms: number): void {
    this.#histogram(name).recordValue(microsOf(ms))
  }

  /**
   * Where the next one is begun only when this one has ended: those that would have been begun meanwhile are
   * counted as well, with what they would have waited.
   * @param everyMs how often one was due
   */
  timeAtPace(name: LatencyName, ms: number, everyMs: number): void {
    this.#histogram(name).recordValueWithExpectedInterval(microsOf(ms), microsOf(everyMs))
  }

  #histogram(name: LatencyName): Histogram {
    let histogram = this.#latencies.get(name)
    if (histogram === undefined) {
      histogram = histogramOf()
      this.#latencies.set(name, histogram)
    }
    return histogram
  }

  error(kind: string): void {
    const known = this.#errors.has(kind) || this.#errors.size < errorKindsMax
    const under = known ? kind : 'others'
    this.#errors.set(under, (this.#errors.get(under) ?? 0) + 1)
  }

  /** `read` is asked each second. */
  level(name: LevelName, read: () => number): void {
    this.#levels.set(name, read)
  }

  /** All since the last time. */
  take(): Sample {
    const sample: Sample = {
      counts: Object.fromEntries(this.#counts),
      levels: Object.fromEntries(Array.from(this.#levels, ([name, read]) => [name, read()])),
      latencies: Object.fromEntries(
        Array.from(this.#latencies, ([name, histogram]) => [
          name,
          encodeIntoCompressedBase64(histogram),
        ]),
      ),
      errors: Object.fromEntries(this.#errors),
    }
    this.#counts = new Map()
    this.#latencies = new Map()
    this.#errors = new Map()
    return sample
  }
}

/** In milliseconds. */
export interface Percentiles {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** What all processes measured in one second, or in a whole run. */
export class Tally {
  readonly counts = new Map<CountName, number>()
  readonly errors = new Map<string, number>()
  readonly #latencies = new Map<LatencyName, Histogram>()

  /** Levels are not added: a second has one state, however often it was looked at. */
  add({ counts, latencies, errors }: Sample): void {
    addUp(this.counts, counts)
    addUp(this.errors, errors)
    for (const [name, encoded] of Object.entries(latencies)) {
      const histogram = decodeFromCompressedBase64(encoded)
      const known = this.#latencies.get(name as LatencyName)
      if (known === undefined) this.#latencies.set(name as LatencyName, histogram)
      else known.add(histogram)
    }
  }

  latencyNames(): LatencyName[] {
    return [...this.#latencies.keys()]
  }

  /** Undefined where nothing was timed. */
  latency(name: LatencyName): Percentiles | undefined {
    const histogram = this.#latencies.get(name)
    if (histogram === undefined) return undefined
    const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1_000
    return {
      count: histogram.totalCount,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      max: histogram.maxValue / 1_000,
    }
  }
}

function addUp<K extends string>(into: Map<K, number>, from: Partial<Record<K, number>>): void {
  for (const [name, value] of Object.entries(from) as [K, number][]) {
    into.set(name, (into.get(name) ?? 0) + value)
  }
}
