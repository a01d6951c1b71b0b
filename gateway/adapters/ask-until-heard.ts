// A request whose answer is a verdict: nobody may be there to serve it yet, and an answer may get lost.
import { type Bus, NoResponderError } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import { wait } from '../../platform/retry.ts'
import { verdictDeadlineMs } from '../limits.ts'

/** Whoever serves the subject next is there within a lease's time; asking again costs next to nothing. */
const askAgainMs = 50

export interface AskOptions {
  readonly bus: Bus
  readonly clock: Clock
  /** A number from 0 up to 1, to spread those who wait for the same server. */
  readonly random: () => number
}

export type Heard =
  | { readonly type: 'answer'; readonly answer: unknown }
  /** Nobody served the subject until the deadline: nothing was done. */
  | { readonly type: 'unheard' }
  /** The request arrived, or may have; whatever broke, what came of it is not known. */
  | { readonly type: 'lost'; readonly cause: unknown }

/** Asks again while nobody serves the subject, for `verdictDeadlineMs` in all. Never throws. */
export async function askUntilHeard(
  { bus, clock, random }: AskOptions,
  subject: string,
  request: unknown,
): Promise<Heard> {
  const deadlineMs = clock.nowMs() + verdictDeadlineMs
  for (;;) {
    const leftMs = deadlineMs - clock.nowMs()
    if (leftMs <= 0) return { type: 'unheard' }
    try {
      return { type: 'answer', answer: await bus.request(subject, request, leftMs) }
    } catch (cause) {
      if (!(cause instanceof NoResponderError)) return { type: 'lost', cause }
    }
    await wait(Math.min(leftMs, askAgainMs * (0.5 + random())), clock)
  }
}
