// The rules of proxy bidding once more, as naively as they can be told: all the bids that stand are
// kept in a list, and after each one the leader and the price are worked out from the whole list.
import { stepAt } from '../increments.ts'
import type { LotRules } from '../lot.ts'

interface KeptBid {
  readonly bidderId: string
  readonly amount: number
  readonly exact: boolean
  /** Made while leading: it adds to the bidder's standing instead of replacing it. */
  readonly raise: boolean
}

interface Place {
  readonly bidderId: string
  readonly max: number
  /** Where in the list the maximum was first named. */
  readonly since: number
  readonly floor: number
}

export class Reference {
  #bids: KeptBid[] = []
  price: number | null = null

  get leaderId(): string | null {
    return this.#ranking()[0]?.bidderId ?? null
  }

  get maxima(): readonly number[] {
    return this.#ranking().map(({ max }) => max)
  }

  /** The visible amount of the leader's exact bids, 0 for none. */
  get leaderFloor(): number {
    return this.#ranking()[0]?.floor ?? 0
  }

  bid(rules: LotRules, bidderId: string, amount: number, exact: boolean): void {
    const raise = this.leaderId === bidderId
    this.#bids.push({ bidderId, amount, exact, raise })
    const [first] = this.#ranking()
    if (first === undefined) return
    // A raise moves nothing but what it says aloud, and what the reserve asks for.
    const aloud = raise ? (exact ? amount : 0) : this.#asked(rules)
    this.price = Math.max(this.price ?? 0, aloud, reachedReserve(rules, first.max))
  }

  retract(rules: LotRules, bidderId: string, what: 'all' | 'latest'): void {
    const latest = this.#bids.findLastIndex((bid) => bid.bidderId === bidderId)
    this.#bids = this.#bids.filter((bid, at) =>
      what === 'all' ? bid.bidderId !== bidderId : at !== latest,
    )
    const [first] = this.#ranking()
    const asked = first && Math.max(this.#asked(rules), reachedReserve(rules, first.max))
    this.price = asked === undefined ? null : Math.min(this.price ?? asked, asked)
  }

  lowerReserve(rules: LotRules): void {
    const [first] = this.#ranking()
    if (first === undefined) return
    this.price = Math.max(this.price ?? 0, reachedReserve(rules, first.max))
  }

  /** What the standing maxima ask of the leader, reserve aside. */
  #asked(rules: LotRules): number {
    const [first, second] = this.#ranking()
    if (first === undefined) return 0
    const beaten =
      second === undefined
        ? rules.terms.startPrice
        : Math.min(first.max, second.max + stepAt(rules.increments, second.max))
    return Math.max(beaten, first.floor)
  }

  /** The bidders, the leader first. */
  #ranking(): Place[] {
    const bidders = [...new Set(this.#bids.map(({ bidderId }) => bidderId))]
    return bidders
      .map((bidderId) => this.#placeOf(bidderId))
      .toSorted((a, b) => b.max - a.max || a.since - b.since)
  }

  #placeOf(bidderId: string): Place {
    const own = this.#bids.filter((bid) => bid.bidderId === bidderId)
    const max = Math.max(...own.map(({ amount }) => amount))
    const since = this.#bids.findIndex((bid) => bid.bidderId === bidderId && bid.amount === max)
    const standing = own.slice(own.findLastIndex(({ raise }) => !raise))
    const floor = Math.max(0, ...standing.filter(({ exact }) => exact).map(({ amount }) => amount))
    return { bidderId, max, since, floor }
  }
}

function reachedReserve(rules: LotRules, max: number): number {
  const reserve = rules.terms.reservePrice
  return reserve !== undefined && max >= reserve ? reserve : 0
}
