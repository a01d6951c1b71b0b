// Several engines on one store and one bus: who owns what, and what that means for the lots.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NoResponderError } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import { uuidv7 } from '../../platform/ids.ts'
import { createLogger } from '../../platform/log.ts'
import { heldCommits, settled } from '../../platform/testing/turns.ts'
import type { SoftClose } from '../../protocol/auction.ts'
import type { EngineReply, LotEvents } from '../../protocol/engine.ts'
import { shardCount, shardOf } from '../../protocol/subjects.ts'
import { failoverGraceMs } from '../limits.ts'
import { type BidOf, placeBid } from '../testing/commands.ts'
import { Freezer } from '../testing/freezer.ts'
import { AuctionRoom } from '../testing/running-engine.ts'
import type { Engine } from './engine.ts'

const hourMs = 3_600_000

let room: AuctionRoom
let engines: Engine[]

beforeEach(() => {
  room = new AuctionRoom()
  engines = []
})
afterEach(async () => {
  for (const engine of engines) await engine.stop()
  expect(room.clock.pending, 'no timer is left behind').toBe(0)
})

async function start(...settings: Parameters<AuctionRoom['engine']>): Promise<Engine> {
  const engine = await room.engine(...settings)
  engines.push(engine)
  return engine
}

const owned = (): number[] => engines.map(({ shardsOwned }) => shardsOwned)

/** Bids as a gateway does: again while nobody serves the shard, and time passes meanwhile. */
async function bid(lotId: string, by: BidOf): Promise<EngineReply> {
  const command = placeBid(lotId, by)
  for (;;) {
    try {
      return await room.ask(command)
    } catch (error) {
      if (!(error instanceof NoResponderError)) throw error
      await room.clock.advanceAsync(20)
    }
  }
}

/** A lot in a shard from `from` to below `below`. */
function lotIdIn(from: number, below: number): string {
  for (;;) {
    const lotId = uuidv7()
    const shard = shardOf(lotId)
    if (shard >= from && shard < below) return lotId
  }
}

const code = (reply: EngineReply): string => ('code' in reply ? reply.code : reply.outcome)
const typesOf = (heard: readonly LotEvents[]): string[] =>
  heard.flatMap(({ events }) => events.map(({ publication }) => publication.type))
const now = (lotId: string) => room.lots.stored(lotId)?.lot.now

async function count(nth: number, metric: string, labels: object): Promise<number> {
  const found = await room.metrics[nth]?.getSingleMetric(`outcry_engine_${metric}`)?.get()
  const value = found?.values.find((each) =>
    Object.entries(labels).every(
      ([key, is]) => (each.labels as Record<string, unknown>)[key] === is,
    ),
  )
  return value?.value ?? 0
}

/** Holds messages up on their way to an engine that goes on meanwhile. */
class SlowBus extends Freezer {
  override clock(clock: Clock): Clock {
    return clock
  }
}

/** An engine that can be stopped, and what it says. */
async function stoppable(owner: string) {
  const freezer = new Freezer()
  const said: { msg: string; cause?: string }[] = []
  const destination = { write: (line: string) => void said.push(JSON.parse(line)) }
  const log = createLogger({ name: 'test', level: 'warn', destination })
  return { freezer, said, engine: await start({ owner, freezer, log }) }
}

describe('sharing', () => {
  test('engines that come get their share, and the shares of those that go', async () => {
    await start({ owner: 'first' })
    expect(owned()).toEqual([shardCount])
    await start({ owner: 'second' })
    await room.clock.advanceAsync(3_000)
    expect(owned()).toEqual([128, 128])
    await start({ owner: 'third' })
    await room.clock.advanceAsync(3_000)
    expect(owned().toSorted((one, other) => one - other)).toEqual([84, 86, 86])
    await engines[0]?.drain(AbortSignal.timeout(60_000))
    await room.clock.advanceAsync(1_000)
    expect(owned()).toEqual([0, 128, 128])
    await engines[1]?.stop()
    await room.clock.advanceAsync(6_000)
    expect(owned()[2]).toBe(shardCount)
    expect(await count(2, 'takeovers_total', { from: 'lapsed' })).toBe(128)
    expect(await count(2, 'takeovers_total', { from: 'given_up' })).toBe(128)
  })

  test('engines that start at once on a new store share it before long', async () => {
    await Promise.all([start({ owner: 'first' }), start({ owner: 'second' })])
    await room.clock.advanceAsync(3_000)
    expect(owned()).toEqual([128, 128])
  })

  test('no shard stays free because an engine that is there does not take its share', async () => {
    const idle = room.lots.leases({ owner: 'idle', shardCount, leaseMs: 5_000 })
    await idle.attend(hourMs)
    await start({ owner: 'first' })
    expect(owned()).toEqual([128])
    const left = await idle.acquire([])
    await idle.release(left)
    await room.clock.advanceAsync(1_900)
    expect(owned()).toEqual([128])
    // Nobody else wants them: they are taken, and a part of them is offered once more, in vain.
    await room.clock.advanceAsync(3_000)
    expect(owned()).toEqual([shardCount])
    const epochs = new Set<number>()
    for (let second = 0; second < 8; second += 1) {
      await room.clock.advanceAsync(1_000)
      expect(owned()).toEqual([shardCount])
      epochs.add(await count(0, 'takeovers_total', { from: 'given_up' }))
    }
    expect(epochs.size).toBe(1)
  })
})

describe('a planned handoff', () => {
  test('refuses nobody a bid, and the lot goes on where it was', async () => {
    await start({ owner: 'first' })
    const lotIds = await Promise.all(Array.from({ length: 40 }, () => room.openLot()))
    const replies: EngineReply[] = []
    const over = new AbortController()
    const crowd = lotIds.map(async (lotId) => {
      for (let max = 2_000; !over.signal.aborted; max += 2_000) {
        replies.push(await bid(lotId, { by: `bidder-${max % 3}`, max }))
        await settled(3)
      }
    })
    await start({ owner: 'second' })
    await room.clock.advanceAsync(3_000)
    await engines[0]?.drain(AbortSignal.timeout(60_000))
    over.abort()
    await Promise.all(crowd)
    expect(owned()).toEqual([0, shardCount])
    expect(replies.length).toBeGreaterThan(100)
    expect(new Set(replies.map(code))).toEqual(new Set(['accepted']))
    for (const lotId of lotIds) expect(now(lotId)?.endsAtMs).toBe(now(lotId)?.originalEndsAtMs)
    expect(await count(0, 'handoff_ms', {})).toBeGreaterThan(0)
  })

  test('begins with a decision of what was admitted', async () => {
    await start({ owner: 'first' })
    const lotId = await room.openLot({}, lotIdIn(0, 16))
    const commits = heldCommits(room.lots)
    const admitted = bid(lotId, { by: 'ann', max: 5_000 })
    await settled()
    await start({ owner: 'second' })
    await room.clock.advanceAsync(3_000)
    // The group waits for it, and with it all others.
    expect(owned()).toEqual([shardCount, 0])
    await expect(room.bid(lotId, { by: 'bob', max: 7_000 })).rejects.toThrow(NoResponderError)
    commits.release()
    expect(await admitted).toMatchObject({ outcome: 'accepted', seq: 3 })
    await room.clock.advanceAsync(2_000)
    expect(owned()).toEqual([128, 128])
    expect(await bid(lotId, { by: 'bob', max: 7_000 })).toMatchObject({ price: 5_100, seq: 4 })
  })

  test('leaves a lot in its last ten seconds with its owner until it is closed', async () => {
    await start({ owner: 'first' })
    const lotId = lotIdIn(0, 16)
    await room.openLot({ endsAt: room.clock.nowMs() + 8_000 }, lotId)
    await start({ owner: 'second' })
    await room.clock.advanceAsync(7_999)
    expect(owned()).toEqual([128, 128])
    const heard = await room.watch(lotId)
    await room.clock.advanceAsync(1)
    expect(typesOf(heard)).toEqual(['lot_closed'])
    // The first owner, whose epoch is the first, has closed it.
    expect(heard[0]?.epoch).toBe(1)
  })

  test('has the bus say that nobody serves, to those too whose command was on its way', async () => {
    const slowBus = new SlowBus()
    await start({ owner: 'first', freezer: slowBus })
    const lotId = await room.openLot()
    const commits = heldCommits(room.lots)
    const admitted = room.bid(lotId, { by: 'ann', max: 5_000 })
    await settled()
    slowBus.freeze()
    const onItsWay = room.bid(lotId, { by: 'bob', max: 7_000 })
    await settled()
    const draining = engines[0]?.drain(AbortSignal.timeout(60_000))
    await settled()
    slowBus.thaw()
    await expect(onItsWay).rejects.toThrow(NoResponderError)
    commits.release()
    expect(await admitted).toMatchObject({ outcome: 'accepted' })
    await draining
    expect(now(lotId)).toMatchObject({ leaderId: 'ann' })
  })

  test('to nobody who comes for them is cut short: all shards are let go at once', async () => {
    const idle = room.lots.leases({ owner: 'idle', shardCount, leaseMs: 5_000 })
    await idle.attend(hourMs)
    await start({ owner: 'first' })
    await room.clock.advanceAsync(3_000)
    expect(owned()).toEqual([shardCount])
    const draining = engines[0]?.drain(AbortSignal.timeout(60_000))
    await room.clock.advanceAsync(1_100)
    await draining
    expect(await idle.acquire([])).toHaveLength(shardCount)
  })

  test('takes even such a lot along where its owner ends, and takes nothing from its bidders', async () => {
    await start({ owner: 'first' })
    const endsAt = room.clock.nowMs() + 8_000
    const lotId = await room.openLot({ endsAt })
    await start({ owner: 'second' })
    const draining = engines[0]?.drain(AbortSignal.timeout(60_000))
    await room.clock.advanceAsync(2_000)
    await draining
    expect(owned()).toEqual([0, shardCount])
    expect(await room.bid(lotId, { by: 'ann', max: 5_000 })).toMatchObject({ endsAt })
    await room.clock.advanceAsync(6_000)
    expect(now(lotId)).toMatchObject({ state: 'sold', endsAtMs: endsAt })
  })
})

describe('failover', () => {
  const softClose: SoftClose = {
    mode: 'reset',
    windowMs: 10_000,
    extendMs: 10_000,
    trigger: 'lead_or_price_change',
    minGrowthMs: 1_000,
    maxExtensions: 1,
  }

  test('a lot whose owner died in its last seconds gets a grace, and everybody sees it', async () => {
    await start({ owner: 'first' })
    const endsAt = room.clock.nowMs() + 4_000
    const lotId = await room.openLot({ endsAt, softClose })
    const heard = await room.watch(lotId)
    await engines[0]?.stop()
    await start({ owner: 'second' })
    await room.clock.advanceAsync(6_000)
    const extended = heard
      .flatMap(({ events }) => events.map(({ publication }) => publication))
      .find(({ type }) => type === 'lot_extended')
    const backAtMs = (extended?.lot.endsAt ?? 0) - failoverGraceMs
    expect(extended).toMatchObject({
      type: 'lot_extended',
      extended: { from: endsAt, reason: 'failover' },
      lot: { state: 'open', extensions: 0 },
    })
    expect(backAtMs).toBeGreaterThan(endsAt)
    expect(backAtMs).toBeLessThanOrEqual(room.clock.nowMs())
    // The soft close goes on from the new end.
    await room.clock.advanceAsync(backAtMs + failoverGraceMs - 1_000 - room.clock.nowMs())
    expect(await room.bid(lotId, { by: 'ann', max: 5_000 })).toMatchObject({
      outcome: 'accepted',
      endsAt: backAtMs + failoverGraceMs + 9_000,
    })
    await room.clock.advanceAsync(10_000)
    await settled()
    expect(now(lotId)).toMatchObject({ state: 'sold', extensions: 1 })
    expect(typesOf(heard).at(-1)).toBe('lot_closed')
  })

  test('a lot that has time left, and one that had all its time, keep their ends', async () => {
    await start({ owner: 'first' })
    const startedMs = room.clock.nowMs()
    const later = await room.openLot({ endsAt: startedMs + 60_000 })
    const before = await room.openLot({ endsAt: startedMs + 2_000 })
    room.lots.fault = () => 'refused'
    await room.clock.advanceAsync(3_500)
    await engines[0]?.stop()
    room.lots.fault = () => undefined
    await start({ owner: 'second' })
    await room.clock.advanceAsync(6_000)
    expect(now(later)).toMatchObject({ state: 'open', endsAtMs: startedMs + 60_000 })
    expect(now(before)).toMatchObject({ state: 'unsold', endsAtMs: startedMs + 2_000 })
  })

  test('nobody to take over for an hour is an absence too, however well the end was planned', async () => {
    await start({ owner: 'first' })
    const lotId = await room.openLot({ endsAt: room.clock.nowMs() + 60_000 })
    await engines[0]?.drain(AbortSignal.timeout(60_000))
    await room.clock.advanceAsync(hourMs)
    await start({ owner: 'second' })
    await settled()
    expect(now(lotId)).toMatchObject({
      state: 'open',
      endsAtMs: room.clock.nowMs() + failoverGraceMs,
    })
  })

  test('an owner whose renewal was carried out too late counts its own absence', async () => {
    const stuckAtMs = room.clock.nowMs() + 2_000
    const late = Promise.withResolvers<undefined>()
    await start({
      leases: (leases) => ({
        ...leases,
        renew: async (...asked) => {
          if (room.clock.nowMs() === stuckAtMs) await late.promise
          return leases.renew(...asked)
        },
      }),
    })
    const lotId = await room.openLot({ endsAt: stuckAtMs + 3_000 })
    await room.clock.advanceAsync(2_000)
    room.lots.leasesFail = true
    await room.clock.advanceAsync(4_000)
    // The database says that somebody decided until now.
    room.lots.leasesFail = false
    late.resolve(undefined)
    await room.clock.advanceAsync(1_000)
    expect(now(lotId)?.state).toBe('open')
    expect(now(lotId)?.endsAtMs).toBeGreaterThan(stuckAtMs + failoverGraceMs)
  })

  test('an owner that dies while it recovers leaves the whole absence to the next', async () => {
    await start({ owner: 'first' })
    const lotId = await room.openLot({ endsAt: room.clock.nowMs() + 3_000 })
    await engines[0]?.stop()
    await room.clock.advanceAsync(6_000)
    // Holds the leases, and is never at work.
    const dying = room.lots.leases({ owner: 'dying', shardCount, leaseMs: 5_000 })
    const taken = await dying.acquire([])
    await dying.renew(
      taken,
      taken.map(({ shard }) => shard),
    )
    await room.clock.advanceAsync(6_000)
    await start({ owner: 'third' })
    await settled()
    expect(now(lotId)).toMatchObject({
      state: 'open',
      endsAtMs: room.clock.nowMs() + failoverGraceMs,
    })
  })
})

describe('a zombie', () => {
  test('I11: commits nothing and answers nothing wrong, says so once, and begins anew', async () => {
    const { freezer, said, engine } = await stoppable('zombie')
    const lotId = await room.openLot()
    await room.bid(lotId, { by: 'ann', max: 5_000 })
    await start({ owner: 'other' })
    freezer.freeze()
    const caught = [1, 2, 3].map((nth) => room.bid(lotId, { by: `eve-${nth}`, max: 50_000 + nth }))
    await room.clock.advanceAsync(10_000)
    expect(owned()).toEqual([shardCount, shardCount])
    // It draws nothing that the other one can answer.
    for (const nth of [1, 2, 3, 4]) {
      const reply = await room.bid(lotId, { by: 'dan', max: 10_000 * nth })
      expect(reply).toMatchObject({ outcome: 'accepted' })
    }
    const before = now(lotId)?.decisionNo

    freezer.thaw()
    // What came to it before there was another owner, and who heard the rest, is not for it to say.
    expect(await Promise.race([...caught, settled(20)])).toBeUndefined()
    expect(engine.lotsHeld).toBe(0)
    expect(said).toMatchObject([{ msg: 'the leases ran out: begins anew', cause: 'stood_still' }])
    expect(await count(0, 'lapses_total', { cause: 'stood_still' })).toBe(1)
    expect(now(lotId)?.decisionNo).toBe(before)
    const epochs = room.lots.batches.map(({ lots }) => lots[0]?.epoch ?? 0)
    expect(epochs).toEqual(epochs.toSorted((one, another) => one - another))

    await room.clock.advanceAsync(4_000)
    expect(owned()).toEqual([128, 128])
    expect(said).toHaveLength(1)
    expect(await bid(lotId, { by: 'fay', max: 90_000 })).toMatchObject({ outcome: 'accepted' })
  })

  test('I11: alone, it gives the lots that should have closed meanwhile their last moments back', async () => {
    const { freezer, said } = await stoppable('alone')
    const lotId = await room.openLot({ endsAt: room.clock.nowMs() + 5_000 })
    freezer.freeze()
    await room.clock.advanceAsync(10_000)
    freezer.thaw()
    await room.clock.advanceAsync(1_000)
    expect(now(lotId)?.state).toBe('open')
    const leftMs = (now(lotId)?.endsAtMs ?? 0) - room.clock.nowMs()
    expect(leftMs).toBeGreaterThan(failoverGraceMs - 1_001)
    expect(await bid(lotId, { by: 'ann', max: 5_000 })).toMatchObject({ outcome: 'accepted' })
    await room.clock.advanceAsync(failoverGraceMs)
    expect(now(lotId)).toMatchObject({ state: 'sold', leaderId: 'ann' })
    expect(said).toHaveLength(1)
  })
})
