// What an auction goes through when its servers die in the middle of a burst: every acknowledged bid is
// there once, and everybody is served again without a human.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type BiddingCrowd, burstLimits, gatherBiddingCrowd } from './testing/bidding-crowd.ts'
import { type FleetOnOwnPostgres, startFleetOnOwnPostgres } from './testing/fleet.ts'

describe('a burst of bids', { timeout: 180_000 }, () => {
  let fleet: FleetOnOwnPostgres
  let crowd: BiddingCrowd | undefined

  beforeAll(async () => {
    fleet = await startFleetOnOwnPostgres(burstLimits)
    await Promise.all([
      fleet.add('engine'),
      fleet.add('engine'),
      fleet.add('gateway'),
      fleet.add('gateway'),
    ])
  }, 120_000)
  afterEach(() => crowd?.leave())
  afterAll(() => fleet.stop())

  async function burst(...options: Parameters<typeof gatherBiddingCrowd>[1][]) {
    crowd = await gatherBiddingCrowd(fleet, ...options)
    return crowd
  }

  test('I1: survives an engine that is killed in the middle of it', async () => {
    const bidding = await burst()
    await bidding.hears(300)
    await fleet.running('engine')[0]?.end('SIGKILL')
    await bidding.eachHears(30)
    await fleet.add('engine')
    await bidding.eachHears(30)
    await bidding.judge()
    expect(bidding.outcomes.get('accepted')).toBeGreaterThan(300)
  })

  test('I1: survives a PostgreSQL that is killed and started again', async () => {
    const bidding = await burst()
    await bidding.hears(300)
    await fleet.postgres.kill()
    await fleet.postgres.startAgain()
    await bidding.eachHears(30)
    await bidding.judge()
  })
})
