// An auction and conversations while the servers between and beside the roles come and go: nothing that was
// acknowledged is lost, and whoever watches comes to the end.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { waitFor } from '../platform/testing/wait-for.ts'
import { chatChannel } from '../protocol/channels.ts'
import { type BiddingCrowd, burstLimits, gatherBiddingCrowd } from './testing/bidding-crowd.ts'
import { type Fleet, type RoleInFleet, startFleet } from './testing/fleet.ts'
import { gatherTalkingCrowd, type TalkingCrowd } from './testing/talking-crowd.ts'

/** What a gateway says of itself: its status, and what it misses. */
async function readiness(gateway: RoleInFleet): Promise<{ status: number; missing: string[] }> {
  const answer = await fetch(`${gateway.metricsUrl}/readyz`)
  const { missing = [] } = (await answer.json()) as { readonly missing?: string[] }
  return { status: answer.status, missing }
}

describe('an auction with its conversations', { timeout: 180_000 }, () => {
  let fleet: Fleet
  let bidders: BiddingCrowd | undefined
  let talkers: TalkingCrowd | undefined

  beforeAll(async () => {
    fleet = await startFleet(burstLimits)
    await Promise.all([
      fleet.add('engine'),
      fleet.add('chat'),
      fleet.add('gateway'),
      fleet.add('gateway'),
    ])
  }, 120_000)
  afterEach(() => {
    bidders?.leave()
    talkers?.leave()
  })
  afterAll(() => fleet.stop())

  async function gather() {
    const bidding = await gatherBiddingCrowd(fleet, { bidders: 4, lots: 2, breathMs: 10 })
    bidders = bidding
    const talking = await gatherTalkingCrowd(fleet, { pairs: 2 })
    talkers = talking
    const everybodyIsServed = async () => {
      await Promise.all([bidding.eachHears(10), talking.eachHears(2)])
    }
    await everybodyIsServed()
    return { bidding, talking, everybodyIsServed }
  }

  test('I13: goes on after a restart of NATS, and everybody sees what was said meanwhile', async () => {
    const { bidding, talking, everybodyIsServed } = await gather()
    await fleet.nats.kill()
    for (const gateway of fleet.running('gateway')) {
      await waitFor(async () => (await readiness(gateway)).missing.includes('NATS'))
    }
    await fleet.nats.startAgain()
    await everybodyIsServed()
    await bidding.judge()
    await talking.judge()
    // Sockets were never cut for it.
    expect(talking.startsOver).toBe(0)
  })

  test('I13: NATS is gone again and again, in the middle of everything', async () => {
    const { bidding, talking, everybodyIsServed } = await gather()
    for (let times = 0; times < 3; times += 1) {
      await fleet.nats.kill()
      await fleet.nats.startAgain()
      await everybodyIsServed()
    }
    // Nobody says anything after this, so nothing shows what was lost but a look at the store.
    await fleet.nats.kill()
    await fleet.nats.startAgain()
    await bidding.judge()
    await talking.judge()
  })

  test('goes on without Redis, and counts together again once it is back', async () => {
    const { bidding, talking, everybodyIsServed } = await gather()
    await fleet.redis.kill()
    await everybodyIsServed()
    for (const gateway of fleet.running('gateway')) {
      expect(await readiness(gateway)).toEqual({ status: 200, missing: [] })
    }
    await fleet.redis.startAgain()
    for (const { conversationId, centrifuge } of talking.people) {
      await waitFor(
        async () => {
          const { numClients } = await centrifuge.presenceStats(chatChannel(conversationId))
          return numClients === 2
        },
        { timeoutMs: 30_000, what: 'the presence of both, over both gateways' },
      )
    }
    await everybodyIsServed()
    await bidding.judge()
    await talking.judge()
    expect(talking.startsOver).toBe(0)
  })

  test('goes on while Redis hangs', async () => {
    const { bidding, talking, everybodyIsServed } = await gather()
    fleet.redis.freeze()
    try {
      await everybodyIsServed()
      await everybodyIsServed()
    } finally {
      fleet.redis.thaw()
    }
    await bidding.judge()
    await talking.judge()
    expect(talking.startsOver).toBe(0)
  })
})
