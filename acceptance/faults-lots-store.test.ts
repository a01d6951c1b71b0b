// What an auction goes through when its PostgreSQL dies, or cuts the engines off, in the middle of a burst.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import { type BiddingCrowd, burstLimits, gatherBiddingCrowd } from './testing/bidding-crowd.ts'
import { query } from './testing/database.ts'
import { type FleetOnOwnPostgres, startFleetOnOwnPostgres } from './testing/fleet.ts'
import { PostgresPassage } from './testing/tcp-passage.ts'

describe('a burst of bids', { timeout: 180_000 }, () => {
  let fleet: FleetOnOwnPostgres
  let passage: PostgresPassage
  let crowd: BiddingCrowd | undefined

  beforeAll(async () => {
    fleet = await startFleetOnOwnPostgres(burstLimits)
    passage = await PostgresPassage.toDatabase(fleet.databaseUrl)
    const ofEngines = { DATABASE_URL: passage.url }
    await Promise.all([
      fleet.add('engine', ofEngines),
      fleet.add('engine', ofEngines),
      fleet.add('gateway'),
      fleet.add('gateway'),
    ])
  }, 120_000)
  afterEach(() => crowd?.leave())
  afterAll(async () => {
    await fleet.stop()
    await passage.close()
  })

  async function burst(): Promise<BiddingCrowd> {
    crowd = await gatherBiddingCrowd(fleet)
    await crowd.hears(200)
    return crowd
  }

  test('I1, I4: is decided once where the answers to commits are lost', async () => {
    const bidding = await burst()
    for (let times = 0; times < 25; times += 1) {
      await passage.losesAnswer()
      await bidding.hears(20)
    }
    await bidding.judge()
  })

  test('I1, I4: is decided once where connections are cut in the middle of commits', async () => {
    const bidding = await burst()
    let cut = 0
    for (let times = 0; times < 25; times += 1) {
      cut += await fleet.postgres.cutConnections('outcry engine')
      await bidding.hears(20)
    }
    expect(cut).toBeGreaterThan(25)
    await bidding.judge()
  })

  test('I1: survives a PostgreSQL that is killed and started again', async () => {
    const bidding = await burst()
    for (let times = 0; times < 2; times += 1) {
      await fleet.postgres.kill()
      await fleet.postgres.startAgain()
      await bidding.eachHears(20)
    }
    await bidding.judge()
  })

  test('I1: survives a PostgreSQL that is away for longer than leases last', async () => {
    const bidding = await burst()
    passage.block()
    const held = 'SELECT 1 FROM shard_leases WHERE expires_at > clock_timestamp() LIMIT 1'
    const hasLapsed = async () => (await query(fleet.databaseUrl, held)).length === 0
    await waitFor(hasLapsed, { timeoutMs: 30_000, what: 'the end of the leases' })
    passage.unblock()
    await bidding.eachHears(20)
    await bidding.judge()
  })
})
