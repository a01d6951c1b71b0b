// Bids, each placed until it is known what became of it, and kept for the auditor.
import { randomUUID } from 'node:crypto'
import type { BidOutcome } from '../../protocol/auction.ts'
import type { LoadClient } from '../client/load-client.ts'
import { type Crew, type Testimony, userOf } from '../run/scenario.ts'
import { Asking, type Times } from './asking.ts'

/** One sending of a bid and what came of it, as the auditor takes it. */
export interface BidTestimony extends Testimony, Times {
  readonly type: 'bid'
  readonly lotId: string
  readonly user: string
  readonly clientBidId: string
  readonly amount: number
  /** Undefined where the connection was lost before. */
  readonly answer: BidOutcome | undefined
}

export interface Bid {
  readonly bidder: LoadClient
  readonly lotId: string
  readonly amount: number
  /** By `performance.now()`. */
  readonly dueMs: number
  readonly settled?: () => void
}

export class Bids {
  readonly #crew: Crew
  readonly #asking: Asking
  readonly #testimony: BidTestimony[] = []

  constructor(crew: Crew) {
    this.#crew = crew
    this.#asking = new Asking(crew, 'bid')
    crew.recorder.level('waiting', () => this.#asking.waiting)
  }

  place({ bidder, lotId, amount, dueMs, settled }: Bid): void {
    const user = userOf(this.#crew.stage, bidder.nth)
    const clientBidId = randomUUID()
    const bid = { type: 'bid', lotId, user, clientBidId, amount } as const
    this.#crew.recorder.count('sent')
    this.#asking.ask<BidOutcome>({
      device: bidder,
      method: 'bid.place',
      params: { lotId, clientBidId, amount, currency: 'USD' },
      dueMs,
      attempted: (answer, times) => void this.#testimony.push({ ...bid, ...times, answer }),
      ...(settled === undefined ? {} : { settled }),
    })
  }

  /** Resolves when every bid is decided, or patience is at its end. */
  async allDecided(): Promise<void> {
    await this.#asking.allKnown()
  }

  testimony(): readonly BidTestimony[] {
    return this.#testimony
  }
}
