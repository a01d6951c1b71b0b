// By how much a bid must beat the price: ordered bands, each with its step.
import type { Increments } from '../../protocol/auction.ts'

/**
 * The bands of a lot that names none: eBay's table, in minor units.
 * Source: "Automatic bidding", eBay Help, bid increments in US dollars.
 */
export const DEFAULT_INCREMENTS: Increments = [
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

/** The step of the last band that starts at or below `price`, the price being beaten. Minor units. */
export function stepAt(increments: Increments, price: number): number {
  let step = 1
  for (const band of increments) {
    if (band.from > price) break
    step = band.step
  }
  return step
}

/** The least a newcomer may bid: the start price, or one step above the price. Minor units. */
export function nextBid(increments: Increments, startPrice: number, price: number | null): number {
  return price === null ? startPrice : price + stepAt(increments, price)
}
