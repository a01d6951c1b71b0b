// Lots that are bid on by people who want them at any price: each bid calls the next amount, and whoever was
// answered bids again. What they were told is compared with what is stored.
import { closedLoop, type Measured } from '../closed-loop.ts'
import { compare, idOf, Ledger, type Stored } from '../ledger.ts'

export interface Bid {
  readonly lotId: string
  readonly bidder: string
  readonly bidId: string
  readonly amount: number
}

/** An engine in a process of its own, behind a NATS. */
export interface EngineApart {
  readonly pids: Readonly<Record<'engine' | 'NATS', number>>
  readonly metricsUrl: string
}

/** One way of making bids durable, on lots of its own. */
export interface BidWay {
  readonly name: string
  readonly says: string
  /** How many bid at the same time. */
  readonly bidders: number
  /** Default: whoever decides is in this process, or in PostgreSQL. */
  readonly engine?: EngineApart
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

export interface Bidding extends Measured {
  /** Of all that were placed. */
  readonly accepted: number
}

export class Floor {
  readonly #way: BidWay
  readonly #lots: OpenLots
  readonly #lotOf: (nth: number) => number
  readonly #ledger = new Ledger()
  readonly #amounts = new Map<string, number>()
  #bids = 0

  private constructor(way: BidWay, lots: OpenLots, lotOf: (nth: number) => number) {
    this.#way = way
    this.#lots = lots
    this.#lotOf = lotOf
  }

  /** @param lotOf on which lot the nth bid is, modulo their number; by default they have it in turns */
  static async open(way: BidWay, lots: number, lotOf = (nth: number) => nth): Promise<Floor> {
    return new Floor(way, await way.open(lots), lotOf)
  }

  get lotIds(): readonly string[] {
    return this.#lots.lotIds
  }

  /** So many milliseconds of bidding, after as many as it takes to get warm. */
  async bid(warmUpMs: number, measureMs: number): Promise<Bidding> {
    let accepted = 0
    const measured = await closedLoop({
      senders: this.#way.bidders,
      warmUpMs,
      measureMs,
      send: async (bidder) => {
        if (await this.#isAccepted(bidder)) accepted += 1
      },
    })
    return { ...measured, accepted }
  }

  /** @throws where what was answered is not what is stored */
  async audit(): Promise<void> {
    compare(this.#way.name, this.#ledger.account(), await this.#lots.stored())
  }

  async #isAccepted(bidder: number): Promise<boolean> {
    const nth = this.#bids
    this.#bids += 1
    const { lotIds } = this.#lots
    const lotId = lotIds[this.#lotOf(nth) % lotIds.length]
    if (lotId === undefined) throw new RangeError('there is no lot to bid on')
    const amount = (this.#amounts.get(lotId) ?? 0) + 1
    this.#amounts.set(lotId, amount)
    const bid = { lotId, bidder: `bidder-${bidder}`, bidId: idOf(nth), amount }
    const accepted = await this.#lots.place(bid)
    if (accepted !== undefined) this.#ledger.acceptedBid(nth, lotId, accepted)
    return accepted !== undefined
  }
}
