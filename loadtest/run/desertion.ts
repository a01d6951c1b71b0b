// When a run is in vain: nobody is connected any more, and nobody comes back.
import { Failure } from '../../platform/failure.ts'
import type { Timeline } from './timeline.ts'

/** Longer than the longest pause after which a device tries again. */
const desertedAfterMs = 30_000

export class Desertion {
  #sinceMs: number

  /** @param nowMs when the first devices are to come */
  constructor(nowMs: number) {
    this.#sinceMs = nowMs
  }

  /** Undefined as long as anybody is connected, or was a moment ago. The judging needs nobody. */
  failureAt(
    nowMs: number,
    { phase, latest, whole }: Pick<Timeline, 'phase' | 'latest' | 'whole'>,
  ): Failure | undefined {
    if (phase === 'audit' || (latest?.levels.connected ?? 0) > 0) this.#sinceMs = nowMs
    if (nowMs - this.#sinceMs < desertedAfterMs) return undefined
    const [most] = [...whole.errors].toSorted(([, one], [, other]) => other - one)
    const seconds = desertedAfterMs / 1_000
    const why = most === undefined ? '' : ` Most often: ${most[0]} (${most[1]} times).`
    return new Failure(`No device has been connected for ${seconds} seconds.${why}`, {
      hint: 'Does the server still run, and can it be reached from here?',
    })
  }
}
