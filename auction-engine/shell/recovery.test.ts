// What comes to a lot between the taking of its shard and the moment it is served again.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { settled } from '../../platform/testing/turns.ts'
import { defaultLimits, failoverGraceMs, leaseSafetyMs } from '../limits.ts'
import { AuctionRoom } from '../testing/running-engine.ts'
import type { Engine } from './engine.ts'

let room: AuctionRoom
let engine: Engine
/** Holds up the question which lots are open. */
let held: PromiseWithResolvers<undefined> | undefined

beforeEach(async () => {
  room = new AuctionRoom()
  held = undefined
  engine = await room.engine({
    limits: { lanes: 1 },
    journal: (real) => ({
      ...real,
      openLots: async (shards) => {
        await held?.promise
        return real.openLots(shards)
      },
    }),
  })
})
afterEach(async () => {
  held?.resolve(undefined)
  await engine.stop()
})

test('a bid from before an absence does not rob its lot of the last moments', async () => {
  const endsAt = room.clock.nowMs() + 5_000
  const lotId = await room.openLot({ endsAt })
  room.lots.leasesFail = true
  // Half a second before the leases run out, as the engine counts.
  await room.clock.advanceAsync(defaultLimits.leaseMs - leaseSafetyMs - 500)
  // The first is tried until it is given up; the second is decided anew then, on the lot as it is read.
  room.lots.fault = () => 'refused'
  const bids = [room.bid(lotId, { by: 'ann', max: 5_000 })]
  await settled()
  bids.push(room.bid(lotId, { by: 'bob', max: 7_000 }))
  await room.clock.advanceAsync(1_000)
  expect(engine.shardsOwned).toBe(0)
  held = Promise.withResolvers()
  room.lots.leasesFail = false
  await room.clock.advanceAsync(500)
  expect(engine.shardsOwned).toBeGreaterThan(0)
  await room.clock.advanceAsync(1_000)
  room.lots.fault = () => undefined
  await room.clock.advanceAsync(500)
  held.resolve(undefined)
  await room.clock.advanceAsync(500)
  await Promise.all(bids)
  const now = room.lots.stored(lotId)?.lot.now
  expect(now?.state).toBe('open')
  expect(now?.endsAtMs).toBeGreaterThan(endsAt + failoverGraceMs - 1_000)
})
