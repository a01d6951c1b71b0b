// What a lane must not keep: neither a grudge after the journal was away, nor the batches behind it.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { uuidv7 } from '../../platform/ids.ts'
import { settled } from '../../platform/testing/turns.ts'
import { shardCount } from '../../protocol/subjects.ts'
import { lotsPerLoadMax } from '../limits.ts'
import type { LotBatch, LotJournal } from '../ports/lot-journal.ts'
import { createLot, publishLot, termsAt } from '../testing/commands.ts'
import { AuctionRoom } from '../testing/running-engine.ts'
import type { Engine } from './engine.ts'

let room: AuctionRoom
let engine: Engine
/** Whether lots can not be read at present. */
let isAway: boolean

beforeEach(async () => {
  room = new AuctionRoom()
  isAway = false
  const journal = (real: LotJournal): LotJournal => ({
    ...real,
    claim: async (claims) => {
      if (isAway) throw new Error('a reading that was made to fail')
      return real.claim(claims)
    },
  })
  engine = await room.engine({ limits: { lanes: 1 }, journal })
})
afterEach(async () => {
  await engine.stop()
})

test('bids are taken again after an outage in which all that waited was turned away', async () => {
  const lotId = await room.openLot()
  room.lots.fault = () => 'refused'
  isAway = true
  const first = room.bid(lotId, { by: 'ann', max: 5_000 })
  await settled()
  const second = room.bid(lotId, { by: 'bob', max: 7_000 })
  await settled()
  await room.clock.advanceAsync(5_000)
  for (const reply of await Promise.all([first, second])) {
    expect(reply).toMatchObject({ code: 'overloaded' })
  }
  room.lots.fault = () => undefined
  isAway = false
  expect(await room.bid(lotId, { by: 'cleo', max: 5_000 })).toMatchObject({ outcome: 'accepted' })
})

test('lots which could not be read when they were due are read, and open, once they can be', async () => {
  const startsAt = room.clock.nowMs() + 60_000
  const lotIds = Array.from({ length: lotsPerLoadMax + 1 }, () => uuidv7())
  for (const lotId of lotIds) {
    await room.ask(createLot(lotId, termsAt(startsAt)))
    await room.ask(publishLot(lotId))
  }
  await room.clock.advanceAsync(45_000)
  expect(engine.lotsHeld).toBe(0)
  isAway = true
  await room.clock.advanceAsync(14_000)
  isAway = false
  await room.clock.advanceAsync(5_000)
  const states = lotIds.map((lotId) => room.lots.stored(lotId)?.lot.now.state)
  expect(new Set(states)).toEqual(new Set(['open']))
})

test('a lane that never rests keeps nothing of the batches it has settled', async () => {
  const lotId = await room.openLot()
  const settledBatches: WeakRef<object>[] = []
  let under = Promise.withResolvers<undefined>()
  room.lots.fault = async (batch: LotBatch) => {
    settledBatches.push(
      ...batch.lots.flatMap(({ decided }) => decided.map((one) => new WeakRef(one))),
    )
    await under.promise
    return undefined
  }
  const bids = [room.bid(lotId, { by: 'bidder-0', max: 1_000 })]
  await settled()
  for (let nth = 1; nth <= 20; nth += 1) {
    // Drafted upon the batch under way, which is settled only then: so it goes on and on.
    bids.push(room.bid(lotId, { by: `bidder-${nth}`, max: (nth + 1) * 1_000 }))
    await settled()
    const before = under
    under = Promise.withResolvers<undefined>()
    before.resolve(undefined)
    room.lots.batches.length = 0
  }
  await settled()
  collectGarbage()
  const kept = settledBatches.filter((decided) => decided.deref() !== undefined)
  under.resolve(undefined)
  await Promise.all(bids)
  expect(settledBatches.length).toBeGreaterThan(10)
  expect(kept.length).toBeLessThan(5)
})

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

test('an engine that can not give its shards back for a store that is away ends in order', async () => {
  room.lots.leasesFail = true
  await engine.drain(AbortSignal.timeout(60_000))
  await engine.stop()
  // Nobody was told that they are free, and they are, as soon as the leases have run out.
  room.lots.leasesFail = false
  engine = room.unstarted()
  const start = engine.start()
  await room.clock.advanceAsync(30_000)
  await start
  expect(engine.shardsOwned).toBe(shardCount)
})
