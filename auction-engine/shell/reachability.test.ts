// An engine that has its store and not the bus: nobody can ask it for anything.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { shardCount } from '../../protocol/subjects.ts'
import { failoverGraceMs, unreachableMs } from '../limits.ts'
import { AuctionRoom } from '../testing/running-engine.ts'
import type { Engine } from './engine.ts'

let room: AuctionRoom
let engines: Engine[]
/** Which engines the bus reaches. */
let reached: Record<string, boolean>

beforeEach(() => {
  room = new AuctionRoom()
  engines = []
  reached = { first: true, second: true }
})
afterEach(async () => {
  for (const engine of engines) await engine.stop()
  expect(room.clock.pending, 'no timer is left behind').toBe(0)
})

async function start(owner: 'first' | 'second'): Promise<void> {
  engines.push(await room.engine({ owner, isReachable: () => reached[owner] === true }))
}

const owned = (): number[] => engines.map(({ shardsOwned }) => shardsOwned)
const now = (lotId: string) => room.lots.stored(lotId)?.lot.now

test('it gives its shards up to one that can be reached, and has its share again when it can', async () => {
  await start('first')
  await start('second')
  await room.clock.advanceAsync(3_000)
  expect(owned()).toEqual([128, 128])
  reached = { ...reached, first: false }
  await room.clock.advanceAsync(unreachableMs - 1_000)
  expect(owned()).toEqual([128, 128])
  await room.clock.advanceAsync(4_000)
  expect(owned()).toEqual([0, shardCount])
  const lotId = await room.openLot()
  expect(await room.bid(lotId, { by: 'ann', max: 5_000 })).toMatchObject({ outcome: 'accepted' })
  reached = { ...reached, first: true }
  await room.clock.advanceAsync(4_000)
  expect(owned()).toEqual([128, 128])
})

test('a bus that is away for a moment changes nothing', async () => {
  await start('first')
  const lotId = await room.openLot()
  for (let times = 0; times < 3; times += 1) {
    reached = { first: false }
    await room.clock.advanceAsync(unreachableMs - 1_000)
    reached = { first: true }
    await room.clock.advanceAsync(1_000)
  }
  await room.bid(lotId, { by: 'ann', max: 5_000 })
  expect(room.lots.batches.at(-1)?.lots.map(({ epoch }) => epoch)).toEqual([1])
})

test('a lot whose last moments passed in silence gets them back, once it can be bid on again', async () => {
  await start('first')
  const endsAt = room.clock.nowMs() + 8_000
  const lotIds = [await room.openLot({ endsAt }), await room.openLot({ endsAt: endsAt + 60_000 })]
  reached = { first: false }
  await room.clock.advanceAsync(20_000)
  expect(owned()).toEqual([0])
  reached = { first: true }
  await room.clock.advanceAsync(1_000)
  expect(owned()).toEqual([shardCount])
  const [ended, later] = lotIds.map(now)
  expect(ended).toMatchObject({ state: 'open', extensions: 0 })
  const leftMs = (ended?.endsAtMs ?? 0) - room.clock.nowMs()
  expect(leftMs).toBeGreaterThan(failoverGraceMs - 1_001)
  expect(leftMs).toBeLessThanOrEqual(failoverGraceMs)
  expect(later?.endsAtMs).toBe(later?.originalEndsAtMs)
})
