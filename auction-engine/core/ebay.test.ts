// The arithmetic against reality: thousands of real proxy bids, and the prices eBay itself came to.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Draft } from './draft.ts'
import { spokenBy, termsOf } from './testing/words.ts'

interface Auction {
  readonly openingBid: number
  readonly finalPrice: number
  readonly durationMs: number
  readonly bids: { readonly atMs: number; readonly bidder: string; readonly max: number }[]
}

/** The auctions of the file by id; its columns are told in the README beside it. */
function readAuctions(): Map<string, Auction> {
  const file = new URL('../../loadtest/data/ebay-palm.csv', import.meta.url)
  const auctions = new Map<string, Auction>()
  for (const line of readFileSync(file, 'utf8').trimEnd().split(/\r?\n/).slice(1)) {
    const [id = '', days, opening, final, , at, bidder = '', max] = line.split(',')
    const auction = auctions.get(id) ?? {
      openingBid: Number(opening),
      finalPrice: Number(final),
      durationMs: Number(days) * 24 * 3_600_000,
      bids: [],
    }
    auction.bids.push({ atMs: Number(at), bidder, max: Number(max) })
    auctions.set(id, auction)
  }
  return auctions
}

/** The price at which the auction's bids end here, or null without one. */
function hammerPrice({ openingBid, durationMs, bids }: Auction): number | null {
  const lastBidMs = Math.max(...bids.map(({ atMs }) => atMs))
  const endsAt = Math.max(durationMs, lastBidMs + 1)
  const terms = { ...termsOf(['start', String(openingBid)]), endsAt }
  const draft = new Draft(undefined)
  draft.decide({ ...spokenBy('seller', 'create'), type: 'create_lot', terms }, 0, undefined)
  draft.decide({ ...spokenBy('seller', 'publish'), type: 'publish_lot' }, 0, undefined)
  for (const [index, { atMs, bidder, max }] of bids.entries()) {
    const said = { kind: 'proxy', amount: max, currency: 'USD' } as const
    draft.decide(
      { ...spokenBy(bidder, `bid-${index}`), type: 'place_bid', ...said },
      atMs,
      undefined,
    )
  }
  return draft.lot?.now.price ?? null
}

test('329 of 343 real eBay auctions end at eBay’s own price to the cent', () => {
  const auctions = [...readAuctions().values()]
  const matched = auctions.filter((auction) => hammerPrice(auction) === auction.finalPrice)
  expect(auctions).toHaveLength(343)
  expect(auctions.flatMap(({ bids }) => bids)).toHaveLength(5_917)
  // The other 14 are inconsistent in the file, 11 of them by a hidden reserve which it does not give.
  expect(matched).toHaveLength(329)
})
