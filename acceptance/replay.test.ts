// The main job on real input: a slice of the eBay auctions, bid again through real sockets.
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readAuctions } from '../loadtest/auction-file.ts'
import { describeReplay } from '../loadtest/replay-report.ts'
import { replayAll } from '../loadtest/replay-run.ts'
import { startServer, type TestServer } from './testing/server.ts'

const ebay = fileURLToPath(new URL('../loadtest/data/ebay-palm.csv', import.meta.url))
/** Among them is one of the 14 that can not match: it was sold at a hidden reserve. */
const sliceLength = 16

describe('replaying real auctions', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ DEV_TOKENS: 'true', LIMIT_REQUESTS_PER_TOKEN: 'off' })
  })
  afterAll(() => server.stop())

  test('auctions end at the price that eBay sold at, but for the one that can not', async () => {
    const auctions = (await readAuctions(ebay)).slice(0, sliceLength)
    const report = await replayAll(auctions, { url: server.url, concurrency: 8 })
    expect(report.replayed.map(({ auction }) => auction.auctionId)).toEqual(
      auctions.map(({ auctionId }) => auctionId),
    )
    const [matched, , differing, pace] = describeReplay(report).split('\n')
    expect(matched).toBe('matched 15 of 16 auctions')
    expect(differing).toMatch(/^ *3015053455 +260\.00 USD +225\.00 USD$/)
    expect(pace).toMatch(/^281 bids in .*; 281 accepted$/)
  }, 120_000)
})
