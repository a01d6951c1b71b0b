import { describe, expect, test } from 'vitest'
import type { Replayed } from './replay-auction.ts'
import { describeReplay } from './replay-report.ts'

function auction(auctionId: string, finalPriceCents: number, priceCents: number | null): Replayed {
  const bids = [
    { bidder: 'ann', maxCents: 500 },
    { bidder: 'bob', maxCents: 900 },
  ]
  return {
    auction: { auctionId, openingBidCents: 1, finalPriceCents, bids },
    priceCents,
    accepted: 1,
    refused: ['bid_too_low'],
  }
}

describe('the summary of a replay', () => {
  test('lists the auctions that ended at another price, with both prices', () => {
    const replayed = [auction('A1', 25_686, 25_686), auction('A2', 100, 95), auction('A3', 1, null)]
    expect(describeReplay({ replayed, elapsedMs: 2_000 }).split('\n')).toEqual([
      'matched 1 of 3 auctions',
      '  auction   in the file       here',
      '       A2      1.00 USD   0.95 USD',
      '       A3      0.01 USD   not sold',
      '6 bids in 2.0 s, 3 bids/s; 3 accepted, 3 refused as bid_too_low',
    ])
  })

  test('says nothing of differences where there are none', () => {
    const summary = describeReplay({ replayed: [auction('A1', 700, 700)], elapsedMs: 500 })
    expect(summary).toBe(
      'matched 1 of 1 auctions\n2 bids in 0.5 s, 4 bids/s; 1 accepted, 1 refused as bid_too_low',
    )
  })
})
