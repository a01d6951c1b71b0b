// When things are due: an open loop, in which a slow server does not slow the questions down, so that what waits
// is measured as waiting ("coordinated omission" is its absence, as Gil Tene calls it).
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

export interface PaceOptions {
  readonly perSecond: number
  readonly durationMs: number
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly signal: AbortSignal
  /** Called for each, when it is due or as soon after as this process can; `dueMs` by `performance.now()`. */
  readonly act: (dueMs: number) => void
}

/** Timers are no finer than that. */
const tickMs = 1

/** Due at random moments, as people are who do not know of each other (exponential pauses). */
export async function atPace({
  perSecond,
  durationMs,
  random,
  signal,
  act,
}: PaceOptions): Promise<void> {
  const endMs = performance.now() + durationMs
  const pause = () => (-Math.log(1 - random()) * 1_000) / perSecond
  let dueMs = performance.now() + pause()
  while (dueMs < endMs) {
    while (dueMs <= Math.min(performance.now(), endMs)) {
      act(dueMs)
      dueMs += pause()
    }
    if (signal.aborted) return
    await sleep(Math.max(tickMs, Math.min(dueMs, endMs) - performance.now()), undefined, {
      signal,
    }).catch(() => {})
  }
}
