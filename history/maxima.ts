// Who leads a lot, worked out anew from the bids that were taken: the judge's own book, which shares no
// line with the engine's.

interface Place {
  readonly max: number
  /** The decision that took this place. */
  readonly rank: number
  /** The nth bidder of the lot. */
  readonly aliasNo: number
  /** What was there before the newest bid; comes back where that bid alone is retracted. */
  readonly before: Place | undefined
}

export interface TakenBid {
  readonly bidderId: string
  /** As it counts, after the grid. */
  readonly amount: number
  readonly decisionNo: number
}

export class Maxima {
  readonly #places = new Map<string, Place>()
  #leaderId: string | undefined
  #runnerUpMax = 0

  get leaderId(): string | undefined {
    return this.#leaderId
  }

  /** Zero where nobody leads. */
  get leaderMax(): number {
    return this.maxOf(this.#leaderId)
  }

  /** The highest maximum of all but the leader; zero where there is none. */
  get runnerUpMax(): number {
    return this.#runnerUpMax
  }

  /** The leader's public name; null where nobody leads. */
  get leaderAlias(): string | null {
    const place = this.#leaderId === undefined ? undefined : this.#places.get(this.#leaderId)
    return place === undefined ? null : `Bidder ${place.aliasNo}`
  }

  maxOf(bidderId: string | undefined): number {
    return bidderId === undefined ? 0 : (this.#places.get(bidderId)?.max ?? 0)
  }

  bid({ bidderId, amount, decisionNo }: TakenBid): void {
    const before = this.#places.get(bidderId)
    const isRaise = bidderId === this.#leaderId
    const place: Place = {
      max: isRaise ? Math.max(amount, before?.max ?? 0) : amount,
      rank: isRaise ? (before?.rank ?? decisionNo) : decisionNo,
      aliasNo: before?.aliasNo ?? this.#places.size + 1,
      before,
    }
    this.#places.set(bidderId, place)
    if (isRaise) return
    const leaderMax = this.leaderMax
    // Of two equal maxima the earlier one leads, which is never this one.
    if (this.#leaderId !== undefined && amount <= leaderMax) {
      this.#runnerUpMax = Math.max(this.#runnerUpMax, amount)
      return
    }
    this.#runnerUpMax = leaderMax
    this.#leaderId = bidderId
  }

  /** Takes bids back until the bidder's maximum is `leftMax`; false where it never was that. */
  retract(bidderId: string, leftMax: number): boolean {
    const place = this.#places.get(bidderId)
    if (place === undefined) return false
    const left =
      leftMax === 0 ? { max: 0, rank: 0, aliasNo: place.aliasNo, before: undefined } : place.before
    if (left === undefined || left.max !== leftMax) return false
    this.#places.set(bidderId, left)
    this.#rank()
    return true
  }

  #rank(): void {
    const standing = [...this.#places]
      .filter(([, { max }]) => max > 0)
      .toSorted(([, a], [, b]) => b.max - a.max || a.rank - b.rank)
    this.#leaderId = standing[0]?.[0]
    this.#runnerUpMax = standing[1]?.[1].max ?? 0
  }
}
