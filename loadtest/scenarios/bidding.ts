// People who bid at a pace that is not theirs to choose, and ask again until they know what became of each bid.
import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BidOutcome } from '../../protocol/auction.ts'
import type { LoadClient } from '../client/load-client.ts'
import { atPace } from '../run/pace.ts'
import type { Crew, Testimony } from '../run/scenario.ts'

export interface BiddingOptions {
  readonly crew: Crew
  /** Those of the crew who bid. Called when all are there. */
  readonly bidders: () => readonly LoadClient[]
  /** Bids a second, of this process. */
  readonly perSecond: number
  readonly userOf: (nth: number) => string
}

/** One sending of a bid and what came of it, as the auditor takes it. */
export interface BidTestimony extends Testimony {
  readonly type: 'bid'
  readonly lotId: string
  readonly user: string
  readonly clientBidId: string
  readonly amount: number
  readonly sentAtMs: number
  readonly answeredAtMs: number
  /** Undefined where the connection was lost before. */
  readonly answer: BidOutcome | undefined
}

interface Bid {
  readonly lotId: string
  readonly clientBidId: string
  readonly amount: number
  readonly dueMs: number
  readonly bidder: LoadClient
}

/** How long after the end of the measured time answers are waited for, and bids asked again. */
const patienceMs = 60_000
const againAfterMs = 200
const centsPerMs = 100
/** Refusals that say nothing of the bid. Others are verdicts: another amount might be taken, this one is not. */
const PUT_OFF: ReadonlySet<string> = new Set(['overloaded', 'rate_limited', 'internal'])

export class Bidding {
  readonly #options: BiddingOptions
  readonly #testimony: BidTestimony[] = []
  #waiting = 0

  constructor(options: BiddingOptions) {
    this.#options = options
    options.crew.recorder.level('waiting', () => this.#waiting)
  }

  /** Resolves when every bid is decided, or patience is at its end. */
  async perform(): Promise<void> {
    const { crew, perSecond } = this.#options
    const { plan, random, signal } = crew
    const bidders = this.#options.bidders()
    if (bidders.length > 0) {
      const durationMs = plan.duration * 1_000
      await atPace({
        perSecond,
        durationMs,
        random,
        signal,
        act: (dueMs) => this.#place(bidders, dueMs),
      })
    } else await sleep(plan.duration * 1_000, undefined, { signal })
    const givesUpAtMs = performance.now() + patienceMs
    while (this.#waiting > 0 && performance.now() < givesUpAtMs) {
      await sleep(10, undefined, { signal })
    }
    if (this.#waiting > 0) crew.recorder.error('bids that nobody knows of')
  }

  testimony(): readonly BidTestimony[] {
    return this.#testimony
  }

  #place(bidders: readonly LoadClient[], dueMs: number): void {
    const { crew } = this.#options
    const bidder = bidders[Math.floor(crew.random() * bidders.length)]
    const lotId = crew.stage.lots[Math.floor(crew.random() * crew.stage.lots.length)]
    if (bidder === undefined || lotId === undefined)
      throw new RangeError('nobody bids, or on nothing')
    // Whoever bids later bids more, in all processes: by the clock, a cent for each ten microseconds.
    const sinceStageMs = performance.timeOrigin + dueMs - crew.stage.madeAtMs
    const amount = 1 + Math.floor(sinceStageMs * centsPerMs)
    this.#waiting += 1
    crew.recorder.count('sent')
    this.#ask({ lotId, clientBidId: randomUUID(), amount, dueMs, bidder })
  }

  #ask(bid: Bid): void {
    const { lotId, clientBidId, amount, bidder } = bid
    const sentAtMs = performance.timeOrigin + performance.now()
    const params = { lotId, clientBidId, amount, currency: 'USD' }
    bidder.rpc('bid.place', params, (data, error) => {
      const answer = data as BidOutcome | undefined
      const answeredAtMs = performance.timeOrigin + performance.now()
      const user = this.#options.userOf(bidder.nth)
      this.#testimony.push({
        type: 'bid',
        lotId,
        user,
        clientBidId,
        amount,
        sentAtMs,
        answeredAtMs,
        answer,
      })
      if (error !== undefined) this.#options.crew.recorder.error(`bid.place: ${error.message}`)
      if (answer === undefined || isOpen(answer)) this.#askAgain(bid)
      else this.#settled(bid, answer)
    })
  }

  #askAgain(bid: Bid): void {
    const { recorder, random, signal } = this.#options.crew
    recorder.count('asked_again')
    setTimeout(
      () => {
        if (!signal.aborted) this.#ask(bid)
      },
      againAfterMs * (0.5 + random()),
    )
  }

  #settled({ dueMs }: Bid, answer: BidOutcome): void {
    const { recorder } = this.#options.crew
    this.#waiting -= 1
    recorder.time('bid', performance.now() - dueMs)
    if (answer.outcome === 'accepted') recorder.count('accepted')
    else {
      recorder.count('refused')
      if ('code' in answer) recorder.error(`bid refused: ${answer.code}`)
    }
  }
}

/** Whether the same bid is to be sent again: nobody knows what became of it, or nothing did. */
function isOpen(answer: BidOutcome): boolean {
  if (answer.outcome === 'accepted') return false
  return answer.outcome === 'unknown' || PUT_OFF.has(answer.code)
}
