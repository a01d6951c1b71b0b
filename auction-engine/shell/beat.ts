// Work that is done again and again for as long as the engine runs.
import type { Clock, Timer } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'

export interface BeatOptions {
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Does `work` each `periodMs`, never twice at once. What it throws (a database that is away) is logged,
 * and the next beat tries again.
 */
export function beat(
  name: string,
  periodMs: number,
  work: () => Promise<void>,
  { clock, log }: BeatOptions,
): Timer {
  let isAtWork = false
  return clock.every(periodMs, () => {
    if (isAtWork) return
    isAtWork = true
    work()
      .catch((err: unknown) => log.warn({ err, beat: name }, 'a periodic task failed'))
      .finally(() => {
        isAtWork = false
      })
  })
}
