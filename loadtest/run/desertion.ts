// When a run is in vain: nobody is connected any more, and nobody comes back; or not all come whom it waits for.
import { Failure } from '../../platform/failure.ts'
import { inCount } from '../report/words.ts'
import type { Plan } from './plan.ts'
import type { Timeline } from './timeline.ts'

/** Longer than the longest pause after which a device tries again. */
const desertedAfterMs = 30_000
/** Longer than the longest pauses of two that are turned away in a row; beside the pause between two of a slow ramp. */
const stuckAfterMs = 60_000

export class Desertion {
  readonly #expected: number
  readonly #stuckAfterMs: number
  #sinceMs: number
  /** The most that were connected at a time, and since when. */
  #most = 0
  #mostSinceMs: number

  /**
   * @param nowMs when the first devices are to come
   * @param plan how many are to come before anything is measured, and over how long
   */
  constructor(nowMs: number, { connections, ramp }: Pick<Plan, 'connections' | 'ramp'>) {
    this.#expected = connections
    this.#stuckAfterMs = stuckAfterMs + (2_000 * ramp) / connections
    this.#sinceMs = nowMs
    this.#mostSinceMs = nowMs
  }

  /** Undefined as long as anybody is connected, or was a moment ago. The judging needs nobody. */
  failureAt(
    nowMs: number,
    { phase, latest, whole }: Pick<Timeline, 'phase' | 'latest' | 'whole'>,
  ): Failure | undefined {
    const connected = latest?.levels.connected ?? 0
    if (phase === 'audit' || connected > 0) this.#sinceMs = nowMs
    if (nowMs - this.#sinceMs >= desertedAfterMs) {
      const seconds = desertedAfterMs / 1_000
      return new Failure(`No device has been connected for ${seconds} seconds.${mostOf(whole)}`, {
        hint: 'Does the server still run, and can it be reached from here?',
      })
    }
    if (phase !== 'ramp' || connected > this.#most) {
      this.#most = connected
      this.#mostSinceMs = nowMs
    }
    if (nowMs - this.#mostSinceMs < this.#stuckAfterMs) return undefined
    const seconds = Math.round(this.#stuckAfterMs / 1_000)
    return new Failure(
      `Of ${inCount(this.#expected)} devices ${inCount(this.#most)} came, and none more for ${seconds} seconds.${mostOf(whole)}`,
      {
        hint: 'Do the gateways have room for so many (LIMIT_CONNECTIONS_PER_ADDRESS, ulimit -Hn)?',
      },
    )
  }
}

/** What went wrong, in a sentence of its own. */
function mostOf({ errors }: Pick<Timeline['whole'], 'errors'>): string {
  const [most] = [...errors].toSorted(([, one], [, other]) => other - one)
  return most === undefined ? '' : ` Most often: ${most[0]} (${inCount(most[1])} times).`
}
