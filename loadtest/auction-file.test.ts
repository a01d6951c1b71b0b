import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Failure } from '../platform/failure.ts'
import { readAuctions } from './auction-file.ts'

const ebay = fileURLToPath(new URL('data/ebay-palm.csv', import.meta.url))
const header =
  'auction_id,duration_days,opening_bid_cents,final_price_cents,bid_no,placed_at_ms,bidder,max_bid_cents'

describe('a file of past auctions', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'outcry-auctions-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  async function read(text: string) {
    const file = join(folder, 'auctions.csv')
    await writeFile(file, text)
    return readAuctions(file)
  }

  test('the eBay auctions that come with the project are all there, with all their bids', async () => {
    const auctions = await readAuctions(ebay)
    expect(auctions).toHaveLength(343)
    expect(auctions.flatMap(({ bids }) => bids)).toHaveLength(5_917)
    expect(auctions[0]).toMatchObject({
      auctionId: '2920320059',
      openingBidCents: 1,
      finalPriceCents: 25_686,
    })
    expect(auctions[0]?.bids[0]).toEqual({ bidder: 'b1', maxCents: 2_975 })
  })

  test('columns are found by name, in any order, and further ones do no harm', async () => {
    const auctions = await read(
      'bidder,colour,max_bid_cents,placed_at_ms,auction_id,final_price_cents,opening_bid_cents\n' +
        'ann,red,500,7,A1,300,100\nbob,red,280,8,A1,300,100\n',
    )
    expect(auctions).toMatchObject([
      {
        auctionId: 'A1',
        openingBidCents: 100,
        finalPriceCents: 300,
        bids: [
          { bidder: 'ann', maxCents: 500 },
          { bidder: 'bob', maxCents: 280 },
        ],
      },
    ])
  })

  test.each([
    ['no rows', `${header}\n`, /has no bids/],
    ['nothing at all', '', /has no bids/],
    ['other columns', 'a,b\n1,2\n', /lacks the columns auction_id, .*max_bid_cents/],
    ['a row that is too long', `${header}\n1,3,1,5,1,1,b1,7,9\n`, /line 2/],
    ['a word for an amount', `${header}\n1,3,1,5,1,1,b1,lots\n`, /line 2: max_bid_cents is "lots"/],
    ['a fraction of a cent', `${header}\n1,3,1,5,1,1,b1,7.5\n`, /line 2: max_bid_cents is "7.5"/],
    ['a negative amount', `${header}\n1,3,1,5,1,1,b1,-7\n`, /line 2: max_bid_cents is "-7"/],
    ['an amount beyond all money', `${header}\n1,3,1,5,1,1,b1,${'9'.repeat(17)}\n`, /line 2/],
    ['no bidder', `${header}\n1,3,1,5,1,1,,7\n`, /line 2: bidder is empty/],
    ['bids out of time', `${header}\n1,3,1,5,1,9,b1,7\n1,3,1,5,2,8,b2,9\n`, /line 3: .*time order/],
  ])('%s: one sentence that says where', async (_, text, says) => {
    const failure = await read(text).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Failure)
    expect(String(failure)).toMatch(says)
    expect(String(failure)).not.toContain('\n')
  })

  test('a file that is not there: one sentence', async () => {
    await expect(readAuctions(join(folder, 'nowhere.csv'))).rejects.toThrow(/does not exist\.$/)
  })
})
