// A new version comes: every process is replaced, one after the other, under load, and nobody notices more
// than a reconnect.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { RoleName } from '../role-config.ts'
import { type BiddingCrowd, burstLimits, gatherBiddingCrowd } from './testing/bidding-crowd.ts'
import { type Fleet, startFleet } from './testing/fleet.ts'
import { gatherTalkingCrowd, type TalkingCrowd } from './testing/talking-crowd.ts'

/** The order in which the runbook replaces them, and how many of each there are. */
const roles: readonly (readonly [role: RoleName, count: number])[] = [
  ['engine', 2],
  ['chat', 1],
  ['notifier', 1],
  ['gateway', 2],
]

/** The processes that start meanwhile need the machine too. */
const breathMs = 10

describe('a rolling restart of every role', { timeout: 400_000 }, () => {
  let fleet: Fleet
  let bidding: BiddingCrowd | undefined
  let talking: TalkingCrowd | undefined

  beforeAll(async () => {
    fleet = await startFleet(burstLimits)
    await Promise.all(
      roles.flatMap(([role, count]) => Array.from({ length: count }, () => fleet.add(role))),
    )
  }, 120_000)
  afterEach(() => {
    bidding?.leave()
    talking?.leave()
  })
  afterAll(() => fleet.stop())

  test('loses no acknowledged command, doubles none, and needs no human', async () => {
    const [bidders, talkers] = [
      await gatherBiddingCrowd(fleet, { bidders: 4, lots: 2, breathMs }),
      await gatherTalkingCrowd(fleet, { pairs: 2 }),
    ]
    bidding = bidders
    talking = talkers
    const everybodyIsServed = () => Promise.all([bidders.eachHears(10), talkers.eachHears(2)])
    await everybodyIsServed()
    for (const [role] of roles) {
      for (const old of fleet.running(role)) {
        await fleet.add(role)
        expect([role, await old.end('SIGTERM')]).toEqual([role, 0])
        const faults = old.said().filter(({ level }) => level === 'error' || level === 'fatal')
        expect(faults).toEqual([])
        await everybodyIsServed()
      }
    }
    await bidders.judge()
    await talkers.judge()
    expect(talkers.startsOver).toBe(0)
    // A drain asks for patience and for a reconnect, which is all that clients ever saw of it.
    expect(new Set(talkers.people.flatMap(({ closings }) => closings))).toEqual(new Set([3001]))
  })
})
