import { expect, test } from 'vitest'
import type { PastAuction } from '../auction-file.ts'
import { hadHiddenReserve, isComparable, pastAuctions } from './past.ts'

const auction = (finalPriceCents: number, ...maxima: readonly number[]): PastAuction => ({
  auctionId: 'a',
  openingBidCents: 1_00,
  finalPriceCents,
  bids: maxima.map((maxCents, nth) => ({ bidder: `bidder ${nth}`, maxCents })),
})

test('a price above one step over the second is that of a hidden reserve', () => {
  // Over 225 dollars the step is 2.50.
  expect(hadHiddenReserve(auction(227_50, 225_00, 260_00))).toBe(false)
  expect(hadHiddenReserve(auction(227_51, 225_00, 260_00))).toBe(true)
})

test('who raises the own maximum is no second bidder', () => {
  const alone = auction(1_00, 5_00, 9_00)
  const bids = alone.bids.map((bid) => ({ ...bid, bidder: 'ann' }))
  expect(hadHiddenReserve({ ...alone, bids })).toBe(false)
  expect(hadHiddenReserve({ ...alone, bids, finalPriceCents: 1_05 })).toBe(true)
})

test('of the real auctions eleven had one, and three contradict themselves', async () => {
  const auctions = await pastAuctions({ lots: 100_000 })
  expect(auctions).toHaveLength(343)
  expect(auctions.filter(hadHiddenReserve)).toHaveLength(11)
  expect(auctions.filter((each) => !isComparable(each))).toHaveLength(14)
})
