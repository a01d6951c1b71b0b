// The past auctions that are replayed, and the rules under which they were held.
import { fileURLToPath } from 'node:url'
import type { Increments } from '../../protocol/auction.ts'
import { type PastAuction, readAuctions } from '../auction-file.ts'
import type { Plan } from '../run/plan.ts'

const file = fileURLToPath(new URL('../data/ebay-palm.csv', import.meta.url))

/** eBay's steps, in cents. The lots are given them, whatever a server's own are. */
export const EBAY_INCREMENTS: Increments = [
  { from: 0, step: 5 },
  { from: 1_00, step: 25 },
  { from: 5_00, step: 50 },
  { from: 25_00, step: 1_00 },
  { from: 100_00, step: 2_50 },
  { from: 250_00, step: 5_00 },
  { from: 500_00, step: 10_00 },
  { from: 1_000_00, step: 25_00 },
  { from: 2_500_00, step: 50_00 },
  { from: 5_000_00, step: 100_00 },
]

/** @throws Failure */
export async function pastAuctions({ lots }: Pick<Plan, 'lots'>): Promise<readonly PastAuction[]> {
  return (await readAuctions(file)).slice(0, lots)
}

/**
 * Whether the file's price is above what its bids can bring without a reserve: one step over the highest maximum of
 * anybody but the winner. Its seller had a hidden reserve, which the file does not tell.
 */
export function hadHiddenReserve({ bids, openingBidCents, finalPriceCents }: PastAuction): boolean {
  const maxima = new Map<string, number>()
  for (const { bidder, maxCents } of bids) {
    maxima.set(bidder, Math.max(maxCents, maxima.get(bidder) ?? 0))
  }
  const [, second] = [...maxima.values()].toSorted((one, other) => other - one)
  if (second === undefined) return finalPriceCents > openingBidCents
  const step = EBAY_INCREMENTS.findLast(({ from }) => from <= second)?.step ?? 0
  return finalPriceCents > Math.max(openingBidCents, second + step)
}

/** What the file says of these can not all be so: a price below, or above, what its own bids make. */
const CONTRADICTORY: ReadonlySet<string> = new Set(['3017736272', '3019559023', '3024568877'])

/** Whether the same bids must bring the same price: so it is for all but fourteen of the 343. */
export function isComparable(auction: PastAuction): boolean {
  return !CONTRADICTORY.has(auction.auctionId) && !hadHiddenReserve(auction)
}
