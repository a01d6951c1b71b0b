// People who bid at a pace that is not theirs to choose, on any of the lots, each more than all before.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadClient } from '../client/load-client.ts'
import { atPace } from '../run/pace.ts'
import type { Crew } from '../run/scenario.ts'
import type { Bids } from './bids.ts'

export interface BiddingOptions {
  readonly crew: Crew
  readonly bids: Bids
  /** Those of the crew who bid. Called when all are there. */
  readonly bidders: () => readonly LoadClient[]
  /** Bids a second, of this process. */
  readonly perSecond: number
}

const centsPerMs = 100

/** Resolves when every bid is decided, or patience is at its end. */
export async function bidAtPace({
  crew,
  bids,
  bidders: of,
  perSecond,
}: BiddingOptions): Promise<void> {
  const { plan, stage, random, signal } = crew
  const durationMs = plan.duration * 1_000
  const bidders = of()
  if (bidders.length === 0) return await sleep(durationMs, undefined, { signal })
  const act = (dueMs: number) => {
    const bidder = bidders[Math.floor(random() * bidders.length)]
    const lotId = stage.lots[Math.floor(random() * stage.lots.length)]
    if (bidder === undefined || lotId === undefined) {
      throw new RangeError('nobody bids, or on nothing')
    }
    // Whoever bids later bids more, in all processes: by the clock, a cent for each ten microseconds.
    const sinceStageMs = performance.timeOrigin + dueMs - stage.madeAtMs
    const amount = 1 + Math.floor(sinceStageMs * centsPerMs)
    bids.place({ bidder, lotId, amount, dueMs })
  }
  await atPace({ perSecond, durationMs, random, signal, act })
  await bids.allDecided()
}
