// Bids on one lot at a rate, over the bus, as a gateway brings them; and when their states have come to the watchers.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bus } from '../../platform/bus/bus.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { BidOutcome } from '../../protocol/auction.ts'
import { lotCommandsSubject, shardOf } from '../../protocol/subjects.ts'
import { exactBid, startPrice } from '../lot-commands.ts'
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
const lostAfterMs = 30_000
/** Longer than states are held back for, and until a lot counts as calm again after a storm. */
const quietMs = 1_500

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

  /**
   * So many a second, or fewer where they are not answered as fast. Resolves when every watcher has the last one.
   * @throws where one is not taken, or not told
   */
  async bid(pair: Pair, perSecond: number, ms: number): Promise<Bid> {
    const told = new Told(pair)
    const startedMs = performance.now()
    const pending = new Set<Promise<void>>()
    let placed = 0
    while (performance.now() < startedMs + ms) {
      const due = ((performance.now() - startedMs) / 1_000) * perSecond
      while (placed < due && pending.size < underWayMax) {
        placed += 1
        const bidding = this.#place().then((seq) => told.answered(seq))
        pending.add(bidding)
        void bidding.finally(() => pending.delete(bidding)).catch(() => {})
      }
      if (pending.size < underWayMax) await sleep(tickMs)
      else await Promise.race(pending)
    }
    await Promise.all(pending)
    return { accepted: placed, lastWatcherMs: await told.all() }
  }

  /** Resolves with the number of its event. */
  async #place(): Promise<number> {
    this.#amount += 1
    this.#placed += 1
    const bid = exactBid(this.#lotId, {
      commandId: uuidv7(),
      userId: `bidder-${this.#placed % bidders}`,
      amount: this.#amount,
    })
    const outcome = (await this.#bus.request(this.#subject, bid, answerMs)) as BidOutcome
    if (outcome.outcome !== 'accepted') throw new Error(`a bid was not taken: ${outcome.outcome}`)
    return outcome.seq
  }
}

/** When bids that were answered have come to every watcher: by their own state, or by a later one. */
class Told {
  readonly #pair: Pair
  readonly #answeredMs = new Map<number, number>()
  readonly #lastWatcherMs: number[] = []
  #seen = 0

  constructor(pair: Pair) {
    this.#pair = pair
    pair.onSeen = ({ offset }) => {
      this.#seen = offset
      for (const seq of this.#answeredMs.keys()) if (seq <= offset) this.#isThere(seq)
    }
  }

  answered(seq: number): void {
    this.#answeredMs.set(seq, performance.now())
    // The watchers may hear of a bid before its bidder does.
    if (seq <= this.#seen) this.#isThere(seq)
  }

  /** Resolves with how long each took, when all of them are there. @throws where one never comes */
  async all(): Promise<readonly number[]> {
    const untilMs = performance.now() + lostAfterMs
    while (this.#answeredMs.size > 0) {
      if (performance.now() > untilMs) {
        throw new Error(`${this.#answeredMs.size} bids have not come to every watcher`)
      }
      await sleep(tickMs)
    }
    this.#pair.onSeen = () => {}
    return this.#lastWatcherMs
  }

  #isThere(seq: number): void {
    const answeredMs = this.#answeredMs.get(seq) ?? 0
    this.#answeredMs.delete(seq)
    this.#lastWatcherMs.push(performance.now() - answeredMs)
  }
}
