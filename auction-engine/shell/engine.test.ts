import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NoResponderError } from '../../platform/bus/bus.ts'
import { uuidv7 } from '../../platform/ids.ts'
import { heldCommits, settled } from '../../platform/testing/turns.ts'
import type { Refused } from '../../protocol/auction.ts'
import type { EngineCommand, EngineReply } from '../../protocol/engine.ts'
import { outboxHintSubject } from '../../protocol/subjects.ts'
import type { LotCommand } from '../core/decision.ts'
import { placeBid } from '../testing/commands.ts'
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

function codes(replies: readonly EngineReply[]): string[] {
  return replies.map((reply) => (reply.outcome === 'accepted' ? 'accepted' : reply.code))
}

describe('a bid', () => {
  test('is answered after its commit, a refusal too, and told to the watchers', async () => {
    await start()
    const lotId = await room.openLot()
    const heard = await room.watch(lotId)
    const commits = heldCommits(room.lots)
    const replies: EngineReply[] = []
    const bids = [5_000, 3_000, 1_000].map(async (max, nth) => {
      replies.push(await room.bid(lotId, { by: `bidder-${nth}`, max }))
    })
    await settled()
    expect(replies).toEqual([])
    expect(heard).toEqual([])
    commits.release()
    await Promise.all(bids)
    expect(codes(replies)).toEqual(['accepted', 'accepted', 'bid_too_low'])
    await settled()
    expect(heard.flatMap(({ events }) => events.map(({ seq }) => seq))).toEqual([3, 4])
    expect(heard[0]?.events[0]?.publication.lot.serverTime).toBe(room.clock.nowMs())
  })

  test('I2: is numbered whether accepted or refused, batch after batch', async () => {
    await start()
    const lotId = await room.openLot()
    for (const max of [5_000, 1_000, 2_000, 1_000, 9_000]) {
      await room.bid(lotId, { by: `bidder of ${max}`.replaceAll(' ', '-'), max })
      await settled()
    }
    expect(room.lots.stored(lotId)?.lot.now).toMatchObject({ decisionNo: 7, seq: 5 })
    const numbers = room.lots.batches.flatMap(({ lots }) =>
      lots.map(({ before, after }) => [before.decisionNo, after.lot.now.decisionNo]),
    )
    for (const [nth, [before]] of numbers.entries()) expect(before).toBe(numbers[nth - 1]?.[1] ?? 0)
  })

  test('on a lot nobody has made is refused, and leaves nothing in memory', async () => {
    const engine = await start()
    const reply = await room.bid(uuidv7(), { by: 'ann', max: 5_000 })
    expect(reply).toMatchObject({ outcome: 'refused', code: 'lot_not_found' })
    expect(engine.lotsHeld).toBe(0)
  })

  test('waits for the commit under way, and all that wait become one batch', async () => {
    await start()
    const lotId = await room.openLot()
    const before = room.lots.batches.length
    const commits = heldCommits(room.lots)
    const first = room.bid(lotId, { by: 'ann', max: 2_000 })
    await settled()
    const others = Array.from({ length: 40 }, (_, nth) =>
      room.bid(lotId, { by: `bidder-${nth}`, max: 3_000 + nth * 1_000 }),
    )
    await settled()
    commits.release()
    await Promise.all([first, ...others])
    const sizes = room.lots.batches.slice(before).map(({ lots }) => lots[0]?.decided.length)
    expect(sizes).toEqual([1, 40])
  })

  test('for several lots of a lane shares one transaction with the others', async () => {
    await start({ limits: { lanes: 1 } })
    const lotIds = [await room.openLot(), await room.openLot(), await room.openLot()]
    const before = room.lots.batches.length
    await Promise.all(lotIds.map((lotId) => room.bid(lotId, { by: 'ann', max: 5_000 })))
    const [batch, ...more] = room.lots.batches.slice(before)
    expect(more).toEqual([])
    expect(batch?.lots.map(({ lotId }) => lotId).toSorted()).toEqual(lotIds.toSorted())
  })
})

describe('I4: one id, one outcome', () => {
  test('I4: repeats in one batch and in a later one get the first answer', async () => {
    await start()
    const lotId = await room.openLot()
    const bid = placeBid(lotId, { by: 'ann', max: 5_000 })
    const [first, twin] = await Promise.all([room.ask(bid), room.ask(bid)])
    const later = await room.ask(bid)
    expect(first).toMatchObject({ outcome: 'accepted', price: 1_000 })
    expect(twin).toEqual({ ...first, replayed: true })
    expect(later).toEqual({ ...first, replayed: true })
    expect(room.lots.stored(lotId)?.lot.now.bidCount).toBe(1)
  })

  test('I4: a repeat while the first is being committed waits for it, and hears the same', async () => {
    await start()
    const lotId = await room.openLot()
    const bid = placeBid(lotId, { by: 'ann', max: 5_000 })
    const commits = heldCommits(room.lots)
    const first = room.ask(bid)
    await settled()
    let isAnswered = false
    const repeat = room.ask(bid).finally(() => {
      isAnswered = true
    })
    await settled()
    expect(isAnswered).toBe(false)
    commits.release()
    expect(await repeat).toEqual({ ...(await first), replayed: true })
    expect(room.lots.stored(lotId)?.lot.now.decisionNo).toBe(3)
  })

  test('I4: an id that memory has lost is answered from the journal, others of its batch unharmed', async () => {
    await start()
    const lotId = await room.openLot()
    const bid = placeBid(lotId, { by: 'ann', max: 5_000 })
    const first = await room.ask(bid)
    await engines[0]?.stop()
    await start()
    const [again, other] = await Promise.all([
      room.ask(bid),
      room.bid(lotId, { by: 'bob', max: 7_000 }),
    ])
    expect(again).toEqual({ ...first, replayed: true })
    expect(other).toMatchObject({ outcome: 'accepted', leading: true, price: 5_100 })
    expect(room.lots.stored(lotId)?.lot.now).toMatchObject({ bidCount: 2, decisionNo: 4 })
  })

  test('I4: the same id with other contents is refused and changes nothing', async () => {
    await start()
    const lotId = await room.openLot()
    const bid = placeBid(lotId, { by: 'ann', max: 5_000 })
    await room.ask(bid)
    const reply = await room.ask({ ...bid, amount: 9_000 })
    expect(reply).toMatchObject({ code: 'idempotency_mismatch', fields: ['amount'] })
    expect(room.lots.stored(lotId)?.lot.now.decisionNo).toBe(3)
  })
})

describe('a commit that fails', () => {
  test('I1: whose answer is lost is found to be stored, and acknowledged once', async () => {
    await start()
    const lotId = await room.openLot()
    const faults = ['lost_after', 'lost_before', undefined] as const
    let nth = 0
    room.lots.fault = () => faults[nth++]
    const replying = room.bid(lotId, { by: 'ann', max: 5_000 })
    await room.clock.advanceAsync(1_000)
    expect(await replying).toMatchObject({ outcome: 'accepted', price: 1_000 })
    expect(nth).toBe(3)
    expect(room.lots.stored(lotId)?.lot.now).toMatchObject({ bidCount: 1, decisionNo: 3 })
  })

  test('that was never sent is tried again', async () => {
    await start()
    const lotId = await room.openLot()
    let failures = 3
    room.lots.fault = () => (failures-- > 0 ? 'refused' : undefined)
    const replying = room.bid(lotId, { by: 'ann', max: 5_000 })
    await room.clock.advanceAsync(1_000)
    expect(await replying).toMatchObject({ outcome: 'accepted' })
  })

  test.each([
    ['in doubt to the end', 'lost_after', 'outcome_unknown', true],
    ['never sent', 'refused', 'overloaded', false],
  ] as const)(
    '%s is told as it is, and the id tells the truth later',
    async (_, fault, code, isStored) => {
      await start()
      const lotId = await room.openLot()
      const bid = placeBid(lotId, { by: 'ann', max: 5_000 })
      room.lots.fault = () => fault
      const replying = room.ask(bid)
      await room.clock.advanceAsync(5_000)
      expect(codes([await replying])).toEqual([code])

      room.lots.fault = () => undefined
      const again = await room.ask(bid)
      expect(again).toMatchObject({ outcome: 'accepted', price: 1_000 })
      expect('replayed' in again).toBe(isStored)
      expect(room.lots.stored(lotId)?.lot.now).toMatchObject({ bidCount: 1, decisionNo: 3 })
    },
  )

  test('takes nothing with it that was decided meanwhile as if it had succeeded', async () => {
    await start()
    const lotId = await room.openLot()
    const lost = placeBid(lotId, { by: 'ann', max: 5_000 })
    room.lots.fault = () => 'refused'
    const first = room.ask(lost)
    await settled()
    // Both are decided upon the batch that will fail: the repeat finds its first answer there.
    const repeat = room.ask(lost)
    const other = room.bid(lotId, { by: 'bob', max: 3_000 })
    await settled()
    const failing = room.clock.advanceAsync(2_500)
    await first
    room.lots.fault = () => undefined
    await failing
    expect(codes([await first])).toEqual(['overloaded'])
    const [again, theirs] = await Promise.all([repeat, other])
    expect(again).toMatchObject({ outcome: 'accepted', seq: 3, price: 1_000 })
    expect(again).not.toHaveProperty('replayed')
    expect(theirs).toMatchObject({ outcome: 'accepted', seq: 4, price: 3_100, leading: false })
    expect(room.lots.stored(lotId)?.lot.now).toMatchObject({ bidCount: 2, decisionNo: 4 })
  })

  test('a command that makes the core fail is answered, and its neighbours are decided', async () => {
    await start({ limits: { lanes: 1 } })
    const lotId = await room.openLot()
    const actor = { userId: 'eve', roles: null }
    const poison = { type: 'cancel_lot', lotId, commandId: uuidv7(), actor }
    const [before, bad, after] = await Promise.all([
      room.bid(lotId, { by: 'ann', max: 5_000 }),
      room.ask(poison as unknown as EngineCommand),
      room.bid(lotId, { by: 'bob', max: 7_000 }),
    ])
    expect(bad).toMatchObject({ outcome: 'refused', code: 'internal' })
    expect(bad).toHaveProperty('incidentId')
    expect(codes([before, after])).toEqual(['accepted', 'accepted'])
  })

  test('a command that can not be stored is found among its neighbours, which are stored', async () => {
    await start({
      limits: { lanes: 1 },
      journal: (journal) => ({
        ...journal,
        commit: async (batch) =>
          batch.lots.some(({ decided }) => decided.some((one) => isBy(one.command, 'eve')))
            ? { type: 'unstorable', cause: new Error('not in this encoding') }
            : journal.commit(batch),
      }),
    })
    const lotId = await room.openLot()
    const bidders = ['ann', 'bob', 'eve', 'dan', 'fay']
    const replies = await Promise.all(
      bidders.map((by, nth) => room.bid(lotId, { by, max: 2_000 + nth * 1_000 })),
    )
    expect(codes(replies)).toEqual(['accepted', 'accepted', 'internal', 'accepted', 'accepted'])
    expect(room.lots.stored(lotId)?.lot.now).toMatchObject({ bidCount: 4, leaderId: 'fay' })
  })
})

describe('time', () => {
  test('I10: opens and closes a lot, once, and the leader at the close has won', async () => {
    await start()
    const startsAt = room.clock.nowMs() + 10_000
    const lotId = await room.openLot({ startsAt, endsAt: startsAt + hourMs })
    expect(codes([await room.bid(lotId, { by: 'ann', max: 5_000 })])).toEqual(['lot_not_open'])
    const heard = await room.watch(lotId)
    await room.clock.advanceAsync(10_000)
    await room.bid(lotId, { by: 'ann', max: 5_000 })
    await room.clock.advanceAsync(hourMs - 1)
    expect(await room.bid(lotId, { by: 'bob', max: 7_000 })).toMatchObject({ leading: true })
    await room.clock.advanceAsync(1)
    await settled()
    const types = heard.flatMap(({ events }) => events.map(({ publication }) => publication.type))
    expect(types).toEqual(['lot_opened', 'bid_accepted', 'bid_accepted', 'lot_closed'])
    expect(room.lots.stored(lotId)?.lot.now).toMatchObject({
      state: 'sold',
      leaderId: 'bob',
      result: { outcome: 'sold', price: 5_100 },
    })
    expect(codes([await room.bid(lotId, { by: 'ann', max: 9_000 })])).toEqual(['lot_closed'])
  })

  test('I8: a bid admitted before the end is decided before the close, however slow the commit', async () => {
    await start()
    const lotId = await room.openLot()
    await room.clock.advanceAsync(hourMs - 10)
    const commits = heldCommits(room.lots)
    const first = room.bid(lotId, { by: 'ann', max: 5_000 })
    await settled()
    const second = room.bid(lotId, { by: 'bob', max: 7_000 })
    await room.clock.advanceAsync(60)
    const late = room.bid(lotId, { by: 'eve', max: 9_000 })
    await settled()
    commits.release()
    expect(codes(await Promise.all([first, second, late]))).toEqual([
      'accepted',
      'accepted',
      'lot_closed',
    ])
    expect(room.lots.stored(lotId)?.lot.now).toMatchObject({ state: 'sold', leaderId: 'bob' })
  })

  test('I9: a late bid moves the close, and the timer that was set before does nothing', async () => {
    await start()
    const lotId = await room.openLot({
      softClose: {
        mode: 'reset',
        windowMs: 10_000,
        extendMs: 10_000,
        trigger: 'lead_or_price_change',
        minGrowthMs: 1_000,
      },
    })
    await room.clock.advanceAsync(hourMs - 1_000)
    await room.bid(lotId, { by: 'ann', max: 5_000 })
    await room.clock.advanceAsync(9_999)
    expect(room.lots.stored(lotId)?.lot.now.state).toBe('open')
    await room.clock.advanceAsync(1)
    expect(room.lots.stored(lotId)?.lot.now.state).toBe('sold')
  })

  test('I10: an end that fell into a failure of the journal is made up for', async () => {
    await start()
    const lotId = await room.openLot()
    await room.bid(lotId, { by: 'ann', max: 5_000 })
    room.lots.fault = () => 'refused'
    await room.clock.advanceAsync(hourMs + 5_000)
    expect(room.lots.stored(lotId)?.lot.now.state).toBe('open')
    room.lots.fault = () => undefined
    await room.clock.advanceAsync(3_000)
    expect(room.lots.stored(lotId)?.lot.now).toMatchObject({ state: 'sold', leaderId: 'ann' })
  })

  test('lots that are not for sale at present are let go, and found again', async () => {
    const engine = await start()
    const startsAt = room.clock.nowMs() + hourMs
    const lotId = await room.openLot({ startsAt, endsAt: startsAt + hourMs })
    const open = await room.openLot()
    expect(engine.lotsHeld).toBe(2)
    await room.clock.advanceAsync(60_000)
    expect(engine.lotsHeld).toBe(1)
    // It opens on time all the same.
    await room.clock.advanceAsync(hourMs - 60_000)
    expect(room.lots.stored(lotId)?.lot.now.state).toBe('open')
    expect(room.lots.stored(open)?.lot.now.state).toBe('unsold')
    await room.clock.advanceAsync(60_000)
    expect(engine.lotsHeld).toBe(1)
  })
})

describe('too much at once', () => {
  test('bids that would wait too long are turned away undecided; the seller gets through', async () => {
    await start({ limits: { lanes: 1 } })
    const lotId = await room.openLot()
    const commits = heldCommits(room.lots)
    const first = room.bid(lotId, { by: 'ann', max: 5_000 })
    await settled()
    const second = room.bid(lotId, { by: 'bob', max: 7_000 })
    await settled()
    await room.clock.advanceAsync(151)
    const refused = await room.bid(lotId, { by: 'eve', max: 9_000 })
    expect(refused).toMatchObject({ outcome: 'refused', code: 'overloaded', retryable: true })
    expect((refused as Refused).retryAfterMs).toBeGreaterThan(0)
    const withdrawn = room.ask({
      type: 'cancel_lot',
      lotId,
      commandId: uuidv7(),
      actor: { userId: 'house', roles: ['service'] },
    })
    await settled()
    commits.release()
    expect(codes(await Promise.all([first, second, withdrawn]))).toEqual([
      'accepted',
      'accepted',
      'accepted',
    ])
    expect(room.lots.stored(lotId)?.lot.now).toMatchObject({ state: 'cancelled', bidCount: 2 })
  })

  test('a hot lot is told in one state per tick, and no event is missing from what that stands for', async () => {
    await start()
    const lotId = await room.openLot()
    const heard = await room.watch(lotId)
    let hints = 0
    await room.bus.listen(outboxHintSubject, () => {
      hints += 1
    })
    for (let round = 0; round < 20; round += 1) {
      const max = 100_000 + round * 200_000
      await Promise.all(
        Array.from({ length: 10 }, (_, nth) =>
          room.bid(lotId, { by: `bidder-${nth}`, max: max + nth * 20_000 }),
        ),
      )
      await room.clock.advanceAsync(10)
    }
    await room.clock.advanceAsync(1_000)
    const events = heard.flatMap((message) => message.events)
    const newest = room.lots.stored(lotId)?.lot.now.seq ?? 0
    expect(newest).toBe(202)
    // A burst of 20, then at most 20 a second; and whoever reads the log is not woken more often.
    expect(events.length).toBeLessThanOrEqual(20 + 6)
    expect(hints).toBe(heard.length)
    let expected = 3
    for (const { seq, publication } of events) {
      expect(publication.fromSeq ?? seq).toBe(expected)
      expected = seq + 1
    }
    expect(expected).toBe(newest + 1)
  })
})

describe('owners', () => {
  test('I11: a stale owner tells its callers that it does not know, and serves no more', async () => {
    const stale = await start({ owner: 'first' })
    const lotId = await room.openLot()
    await room.bid(lotId, { by: 'ann', max: 5_000 })
    const commits = heldCommits(room.lots)
    const caught = room.bid(lotId, { by: 'bob', max: 7_000 })
    await settled()
    // The second owner takes over while the first one's batch is on its way.
    room.lots.expireLeases()
    await room.lots.leases({ owner: 'second', shardCount: 256, leaseMs: 5_000 }).acquire([])
    commits.release()
    expect(codes([await caught])).toEqual(['outcome_unknown'])
    expect(room.lots.stored(lotId)?.lot.now).toMatchObject({ leaderId: 'ann', decisionNo: 3 })
    expect(stale.lotsHeld).toBe(0)
    await expect(room.bid(lotId, { by: 'eve', max: 9_000 })).rejects.toThrow(NoResponderError)
  })

  test('an owner that can not renew stops admitting before its lease ends', async () => {
    await start({ owner: 'first' })
    const lotId = await room.openLot()
    room.lots.leasesFail = true
    await room.clock.advanceAsync(4_001)
    await expect(room.bid(lotId, { by: 'ann', max: 5_000 })).rejects.toThrow(NoResponderError)
    room.lots.leasesFail = false
    await room.clock.advanceAsync(1_000)
    expect(codes([await room.bid(lotId, { by: 'ann', max: 5_000 })])).toEqual(['accepted'])
  })

  test('I2: after a crash the next engine goes on where the last one committed', async () => {
    const first = await start()
    const lotId = await room.openLot()
    const bid = placeBid(lotId, { by: 'ann', max: 5_000 })
    await room.ask(bid)
    await first.stop()
    await start()
    expect(await room.bid(lotId, { by: 'bob', max: 7_000 })).toMatchObject({
      outcome: 'accepted',
      seq: 4,
      price: 5_100,
    })
    expect(await room.ask(bid)).toMatchObject({ outcome: 'accepted', replayed: true })
    const numbers = room.lots.batches.flatMap(({ lots }) =>
      lots.flatMap(({ decided }) => decided.map(({ now }) => now.decisionNo)),
    )
    expect(numbers).toEqual([1, 2, 3, 4])
  })

  test('what a dead owner committed and did not tell is told by the next', async () => {
    const first = await start()
    const lotId = await room.openLot()
    await room.clock.advanceAsync(1_000)
    // It dies with the commit: nobody hears of the bid.
    room.lots.fault = () => 'lost_after'
    const dying = room.bid(lotId, { by: 'ann', max: 5_000 })
    await settled()
    await first.stop()
    room.lots.fault = () => undefined
    const heard = await room.watch(lotId)
    await start()
    await settled()
    expect(heard.flatMap(({ events }) => events.map(({ seq }) => seq))).toEqual([3])
    expect(codes([await dying])).toEqual(['outcome_unknown'])
  })

  test('a drain decides what was admitted, gives the shards back, and the next engine need not wait', async () => {
    const first = await start({ owner: 'first' })
    const lotId = await room.openLot()
    const commits = heldCommits(room.lots)
    const admitted = [1, 2, 3].map((nth) =>
      room.bid(lotId, { by: `bidder-${nth}`, max: nth * 2_000 }),
    )
    await settled()
    const draining = first.drain(AbortSignal.timeout(60_000))
    await settled()
    await expect(room.bid(lotId, { by: 'eve', max: 9_000 })).rejects.toThrow(NoResponderError)
    commits.release()
    expect(codes(await Promise.all(admitted))).toEqual(['accepted', 'accepted', 'accepted'])
    await draining
    await start({ owner: 'second' })
    expect(await room.bid(lotId, { by: 'eve', max: 9_000 })).toMatchObject({ leading: true })
  })

  test('shards that another engine left are taken once its leases have run out', async () => {
    const first = await start({ owner: 'first' })
    const lotId = await room.openLot()
    await start({ owner: 'second' })
    await first.stop()
    await expect(room.bid(lotId, { by: 'ann', max: 5_000 })).rejects.toThrow(NoResponderError)
    await room.clock.advanceAsync(7_000)
    expect(codes([await room.bid(lotId, { by: 'ann', max: 5_000 })])).toEqual(['accepted'])
  })
})

function isBy(command: LotCommand, userId: string): boolean {
  return 'actor' in command && command.actor.userId === userId
}
