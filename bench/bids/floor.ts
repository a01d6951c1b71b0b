// Lots that are bid on by people who want them at any price: each bid calls the next amount, and whoever was
// answered bids again. What they were told is compared with what is stored.
import { closedLoop } from '../closed-loop.ts'
import type { Figures } from '../turns.ts'
import { bidId, compare, Ledger, type Stored } from './ledger.ts'

export interface Bid {
  readonly lotId: string
  readonly bidder: string
  readonly bidId: string
  readonly amount: number
}

/** One way of making bids durable, on lots of its own. */
export interface BidWay {
  readonly name: string
  readonly says: string
  /** How many bid at the same time. */
  readonly bidders: number
  /** Opens so many lots. */
  open(lots: number): Promise<OpenLots>
}

export interface OpenLots {
  readonly lotIds: readonly string[]
  /**
   * Resolves when what came of it is durable: with the amount that was accepted, or with undefined where it
   * was too low or had to wait for too long.
   * @throws where it is refused for any other reason
   */
  place(bid: Bid): Promise<number | undefined>
  stored(): Promise<Stored>
}

export type BidFigures = Figures<'bids/s' | 'accepted %' | 'median ms' | 'p99 ms'>

export class Floor {
  readonly #way: BidWay
  readonly #lots: OpenLots
  readonly #ledger = new Ledger()
  readonly #amounts = new Map<string, number>()
  #bids = 0

  private constructor(way: BidWay, lots: OpenLots) {
    this.#way = way
    this.#lots = lots
  }

  static async open(way: BidWay, lots: number): Promise<Floor> {
    return new Floor(way, await way.open(lots))
  }

  /** So many milliseconds of bidding, after as many as it takes to get warm. */
  async bid(warmUpMs: number, measureMs: number): Promise<BidFigures> {
    let accepted = 0
    const { perSecond, medianMs, p99Ms, sent } = await closedLoop({
      senders: this.#way.bidders,
      warmUpMs,
      measureMs,
      send: async (bidder) => {
        if (await this.#isAccepted(bidder)) accepted += 1
      },
    })
    return {
      'bids/s': perSecond,
      'accepted %': sent === 0 ? 0 : (100 * accepted) / sent,
      'median ms': medianMs,
      'p99 ms': p99Ms,
    }
  }

  /** @throws where what was answered is not what is stored */
  async audit(): Promise<void> {
    compare(this.#way.name, this.#ledger.account(), await this.#lots.stored())
  }

  async #isAccepted(bidder: number): Promise<boolean> {
    const nth = this.#bids
    this.#bids += 1
    const { lotIds } = this.#lots
    const lotId = lotIds[nth % lotIds.length]
    if (lotId === undefined) throw new RangeError('there is no lot to bid on')
    const amount = (this.#amounts.get(lotId) ?? 0) + 1
    this.#amounts.set(lotId, amount)
    const bid = { lotId, bidder: `bidder-${bidder}`, bidId: bidId(nth), amount }
    const accepted = await this.#lots.place(bid)
    if (accepted !== undefined) this.#ledger.accepted(lotId, nth, accepted)
    return accepted !== undefined
  }
}
