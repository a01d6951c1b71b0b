// Work that is done again and again for as long as a service runs.
import type { Clock } from './clock.ts'
import type { Logger } from './log.ts'
import { Outage } from './outage.ts'

export interface BeatOptions {
  readonly clock: Clock
  readonly log: Logger
}

export interface Beat {
  /** Does the work now; where it is under way, once more after it. */
  soon(): void
  /** No further beat begins. Resolves when the one under way, if any, has ended. */
  stop(): Promise<void>
}

/**
 * Does `work` each `periodMs`, never twice at once. What it throws (a database that is away) is logged when
 * it first does so, and that it works again; each beat between tries.
 */
export function beat(
  name: string,
  periodMs: number,
  work: () => Promise<void>,
  { clock, log }: BeatOptions,
): Beat {
  let underWay: Promise<void> | undefined
  let isWantedAgain = false
  let isStopped = false
  const outage = new Outage(log.child({ beat: name }), outageWords)
  const begin = (): void => {
    isWantedAgain = false
    underWay = work()
      .then(
        () => outage.worked(),
        (error: unknown) => outage.failed(error),
      )
      .finally(() => {
        underWay = undefined
        if (isWantedAgain && !isStopped) begin()
      })
  }
  const timer = clock.every(periodMs, () => {
    if (underWay === undefined) begin()
  })
  return {
    soon() {
      if (underWay !== undefined) isWantedAgain = true
      else if (!isStopped) begin()
    },
    async stop() {
      isStopped = true
      timer.cancel()
      await underWay
    },
  }
}

const outageWords = {
  begins: 'a periodic task failed; it is tried again',
  ends: 'a periodic task works again',
}
