// What was measured, second by second and in all.
import type { ServerReading } from '../servers-watch.ts'
import {
  type CountName,
  type LatencyName,
  type LevelName,
  type Percentiles,
  type Sample,
  Tally,
} from './measures.ts'

/** What a run is doing. */
export type Phase = 'ramp' | 'perform' | 'audit'

/** What all processes measured in one second, and what the servers said of themselves. */
export interface Second {
  /** Seconds since the run began. */
  readonly at: number
  /** What the run was doing when it began. */
  readonly phase: Phase
  readonly counts: Readonly<Partial<Record<CountName, number>>>
  /** At its end. */
  readonly levels: Readonly<Partial<Record<LevelName, number>>>
  readonly latencies: Readonly<Partial<Record<LatencyName, Percentiles>>>
  readonly errors: Readonly<Record<string, number>>
  /** By the server's name. */
  readonly servers: Readonly<Record<string, ServerReading>>
}

/** A second that may still grow: processes do not sample at the same moment. */
interface OpenSecond {
  readonly at: number
  readonly phase: Phase
  readonly tally: Tally
  levels: Second['levels']
  readonly servers: Record<string, ServerReading>
}

/** Later than that nothing comes any more; a histogram takes far more room than the percentiles read from it. */
const openSecondsMax = 4

export class Timeline {
  /** Of the measured time alone: what the ramp did is not in it. */
  readonly measured = new Tally()
  readonly ramp = new Tally()
  readonly whole = new Tally()
  readonly #settled: Second[] = []
  readonly #open: OpenSecond[] = []
  /** What each process said last. */
  readonly #levels = new Map<number, Sample['levels']>()
  readonly #beganMs: number
  #phase: Phase = 'ramp'
  #performBeganMs: number | undefined
  #performEndedMs = 0

  /** @param nowMs by a clock that never goes back */
  constructor(nowMs: number) {
    this.#beganMs = nowMs
  }

  get phase(): Phase {
    return this.#phase
  }

  /** All seconds in which anything was told; the newest may still grow. */
  get seconds(): readonly Second[] {
    return [...this.#settled, ...this.#open.map(settled)]
  }

  /** The newest second that is whole, where there is one, else the newest; its levels are those of now. */
  get latest(): Second | undefined {
    const second = this.#open.at(-2) ?? this.#open.at(-1)
    return second === undefined
      ? undefined
      : { ...settled(second), levels: levelsOf(this.#levels.values()) }
  }

  /** How long was measured. */
  get performedSeconds(): number {
    if (this.#performBeganMs === undefined) return 0
    return Math.max(0, this.#performEndedMs - this.#performBeganMs) / 1_000
  }

  enter(phase: Phase, nowMs: number): void {
    if (phase === 'perform') this.#performBeganMs = nowMs
    if (this.#phase === 'perform') this.#performEndedMs = nowMs
    this.#phase = phase
  }

  /** @param process which one measured it */
  add(process: number, sample: Sample, nowMs: number): void {
    const second = this.#secondAt(nowMs)
    this.#levels.set(process, sample.levels)
    second.levels = levelsOf(this.#levels.values())
    for (const tally of [second.tally, this.whole]) tally.add(sample)
    if (this.#phase === 'ramp') this.ramp.add(sample)
    if (this.#phase !== 'perform') return
    this.measured.add(sample)
    this.#performEndedMs = nowMs
  }

  read(server: string, reading: ServerReading, nowMs: number): void {
    this.#secondAt(nowMs).servers[server] = reading
  }

  #secondAt(nowMs: number): OpenSecond {
    const at = Math.floor((nowMs - this.#beganMs) / 1_000)
    const known = this.#open.find((second) => second.at === at)
    if (known !== undefined) return known
    const second = { at, phase: this.#phase, tally: new Tally(), levels: {}, servers: {} }
    this.#open.push(second)
    while (this.#open.length > openSecondsMax) {
      const oldest = this.#open.shift()
      if (oldest !== undefined) this.#settled.push(settled(oldest))
    }
    return second
  }
}

function settled({ tally, ...second }: OpenSecond): Second {
  const latencies = tally.latencyNames().map((name) => [name, tally.latency(name)])
  return {
    ...second,
    counts: Object.fromEntries(tally.counts),
    latencies: Object.fromEntries(latencies),
    errors: Object.fromEntries(tally.errors),
  }
}

function levelsOf(of: Iterable<Sample['levels']>): Second['levels'] {
  const sums: Partial<Record<LevelName, number>> = {}
  for (const levels of of) {
    for (const [name, value] of Object.entries(levels) as [LevelName, number][]) {
      sums[name] = (sums[name] ?? 0) + value
    }
  }
  return sums
}
