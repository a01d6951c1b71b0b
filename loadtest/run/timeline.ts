// What was measured, second by second and in all.
import { type Sample, Tally } from './measures.ts'

/** What a run is doing. */
export type Phase = 'ramp' | 'perform' | 'audit'

export interface Second {
  /** Seconds since the run began. */
  readonly at: number
  readonly phase: Phase
  readonly tally: Tally
}

export class Timeline {
  /** Of the measured time alone: what the ramp did is not counted. */
  readonly measured = new Tally()
  readonly ramp = new Tally()
  readonly #seconds = new Map<number, Second>()
  readonly #beganMs: number
  #phase: Phase = 'ramp'
  #performedSeconds = 0

  /** @param nowMs by a clock that never goes back */
  constructor(nowMs: number) {
    this.#beganMs = nowMs
  }

  get phase(): Phase {
    return this.#phase
  }

  get seconds(): readonly Second[] {
    return [...this.#seconds.values()]
  }

  /** How many seconds were measured. */
  get performedSeconds(): number {
    return this.#performedSeconds
  }

  enter(phase: Phase): void {
    this.#phase = phase
  }

  add(sample: Sample, nowMs: number): void {
    const at = Math.floor((nowMs - this.#beganMs) / 1_000)
    let second = this.#seconds.get(at)
    if (second === undefined) {
      second = { at, phase: this.#phase, tally: new Tally() }
      this.#seconds.set(at, second)
      if (this.#phase === 'perform') this.#performedSeconds += 1
    }
    second.tally.add(sample)
    if (this.#phase === 'perform') this.measured.add(sample)
    else if (this.#phase === 'ramp') this.ramp.add(sample)
  }
}
