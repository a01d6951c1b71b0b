// Bids on one lot at a rate, over the bus, as a gateway brings them; and when their states have come to the watchers.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '../../platform/bus/bus.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { BidOutcome } from '../../protocol/auction.ts'
import { lotCommandsSubject, shardOf } from '../../protocol/subjects.ts'
import { startPrice } from '../open-lot.ts'
import type { Pair } from '../peers/pair.ts'

export interface Bid {
  readonly accepted: number
  readonly lastWatcherMs: readonly number[]
}

/** As many as wait for an answer at once; the lot's bidders take turns. */
const underWayMax = 512
const bidders = 8
const answerMs = 10_000
const tickMs = 5
/** Longer than states are held back for. */
const quietMs = 200

export class Bidding {
  readonly #bus: Bus
  readonly #lotId: string
  readonly #subject: string
  #amount = startPrice
  #placed = 0

  constructor(bus: Bus, lotId: string) {
    this.#bus = bus
    this.#lotId = lotId
    this.#subject = lotCommandsSubject(shardOf(lotId))
  }

  /** Resolves when nothing more comes to the watchers. */
  async settle(pair: Pair): Promise<void> {
    for (let before = -1; ; ) {
      const { deliveries } = await pair.crowd()
      if (deliveries === before) return
      before = deliveries
      await sleep(quietMs)
    }
  }

  /** So many a second, or fewer where they are not answered as fast. @throws where one is not taken */
  async bid(pair: Pair, perSecond: number, ms: number): Promise<Bid> {
    /** Since when the states of bids are on their way, in their order. */
    const answeredMs: number[] = []
    const lastWatcherMs: number[] = []
    const before = (await pair.crowd()).eventsEach
    pair.onSeen = (events) => {
      const nowMs = performance.now()
      for (let nth = lastWatcherMs.length; nth < events - before; nth += 1) {
        lastWatcherMs.push(nowMs - (answeredMs[nth] ?? nowMs))
      }
    }
    const startedMs = performance.now()
    const pending = new Set<Promise<void>>()
    let placed = 0
    while (performance.now() < startedMs + ms) {
      const due = ((performance.now() - startedMs) / 1_000) * perSecond
      while (placed < due && pending.size < underWayMax) {
        placed += 1
        const bidding = this.#place().then(() => void answeredMs.push(performance.now()))
        pending.add(bidding)
        void bidding.finally(() => pending.delete(bidding)).catch(() => {})
      }
      if (pending.size < underWayMax) await sleep(tickMs)
      else await Promise.race(pending)
    }
    await Promise.all(pending)
    await this.settle(pair)
    pair.onSeen = () => {}
    return { accepted: placed, lastWatcherMs }
  }

  async #place(): Promise<void> {
    this.#amount += 1
    this.#placed += 1
    const outcome = (await this.#bus.request(
      this.#subject,
      {
        type: 'place_bid',
        kind: 'exact',
        currency: 'USD',
        lotId: this.#lotId,
        commandId: uuidv7(),
        actor: { userId: `bidder-${this.#placed % bidders}`, roles: [] },
        amount: this.#amount,
      },
      answerMs,
    )) as BidOutcome
    if (outcome.outcome !== 'accepted') throw new Error(`a bid was not taken: ${outcome.outcome}`)
  }
}
