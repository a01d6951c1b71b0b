import { beforeEach, describe, expect, test } from 'vitest'
import { settled } from '../../platform/testing/turns.ts'
import type { LotSnapshot } from '../../protocol/auction.ts'
import { msgpackCodec } from '../../protocol/codec-msgpack.ts'
import type { LotEvent } from '../../protocol/engine.ts'
import { lotId } from '../testing/lots.ts'
import { Air } from './testing/air.ts'

const lot = `lot:${lotId}`

let air: Air

beforeEach(async () => {
  air = new Air()
  await air.hub.start()
  air.streams.openLot(lotId)
})

const snapshot = (data: unknown): LotSnapshot => data as LotSnapshot

function conflated(event: LotEvent, fromSeq: number): LotEvent {
  return { seq: event.seq, publication: { ...event.publication, fromSeq } }
}

describe('subscribing to a lot', () => {
  test('brings the state at exactly the offset, its bids, the watchers, and how the caller stands', async () => {
    air.streams.bid(lotId, 1_000)
    air.streams.bid(lotId, 1_100, 'Bidder 2')
    air.streams.stand(lotId, 'bob', { leading: false, max: 5_000, alias: 'Bidder 2' })
    await air.joined(air.socket('ann'), lot)
    const result = await air.joined(air.socket('bob'), lot)
    expect(result).toMatchObject({ recoverable: true, positioned: true, epoch: 'e', offset: 3 })
    expect(result).not.toHaveProperty('recovered')
    const data = snapshot(result.data)
    expect(data.lot).toMatchObject({ seq: 3, price: 1_100, leader: 'Bidder 2' })
    expect(data.bids.map(({ amount }) => amount)).toEqual([1_100, 1_000])
    expect(data.watchers).toBe(2)
    expect(data.you).toEqual({ leading: true, max: 5_000, alias: 'Bidder 2' })
  })

  test('is unknown where there is no such lot, and nothing is kept of it', async () => {
    const none = lotId.replace('a', 'b')
    const outcome = await air.subscribe(air.socket(), `lot:${none}`)
    expect(outcome).toMatchObject({ error: { code: 102 } })
    expect(air.streams.listeners(none)).toBe(0)
  })

  test('a crowd that comes at once shares one reading', async () => {
    const sockets = Array.from({ length: 50 }, () => air.socket())
    await Promise.all(sockets.map((socket) => air.subscribe(socket, lot)))
    expect(air.streams.reads).toEqual(['lot'])
  })

  test('a failing store is error 100, temporary, and the next try works', async () => {
    air.streams.fault = new Error('down')
    const socket = air.socket()
    expect(await air.subscribe(socket, lot)).toMatchObject({
      error: { code: 100, temporary: true },
    })
    expect(air.streams.listeners(lotId)).toBe(0)
    air.streams.fault = undefined
    expect(await air.joined(socket, lot)).toMatchObject({ offset: 1 })
  })

  test('a store that does not answer is error 100 after five seconds', async () => {
    const open = air.streams.hold()
    const socket = air.socket()
    const subscribing = air.subscribe(socket, lot)
    await settled()
    air.clock.advance(6_000)
    expect(await subscribing).toMatchObject({ error: { code: 100 } })
    open()
    await settled()
    expect(socket.topics.size).toBe(0)
    expect(await air.presence.counts(lot)).toEqual({ clients: 0, users: 0 })
  })

  test('a socket that goes away while the store is read is not put on the channel', async () => {
    const open = air.streams.hold()
    const socket = air.socket()
    const subscribing = air.subscribe(socket, lot)
    await settled()
    air.hub.unsubscribe(socket, lot)
    open()
    await subscribing
    await settled()
    expect(socket.topics.size).toBe(0)
    expect(await air.presence.counts(lot)).toEqual({ clients: 0, users: 0 })
    air.clock.advance(12_000)
    expect(air.streams.listeners(lotId)).toBe(0)
  })
})

describe('telling the watchers of a lot', () => {
  test('all events of a turn leave in one frame for each encoding, encoded once', async () => {
    const json = [air.socket(), air.socket()]
    const packed = air.socket(undefined, msgpackCodec)
    for (const socket of [...json, packed]) await air.joined(socket, lot)
    const events = [1_000, 1_100, 1_200].map((amount) => air.streams.bid(lotId, amount))
    for (const event of events) air.streams.tellLot(lotId, [event])
    expect(air.published).toEqual([])
    air.endTurn()
    expect(air.published).toEqual([`${lot}#json`, `${lot}#msgpack`])
    for (const socket of [...json, packed]) {
      expect(socket.offsets).toEqual([2, 3, 4])
      expect(socket.got).toHaveLength(2)
    }
  })

  test('watchers are asked once within a second whether they take it, and not while nothing is told', async () => {
    const socket = air.socket()
    await air.joined(socket, lot)
    air.clock.advance(5_000)
    expect(socket.looks).toBe(0)
    for (const amount of [1_000, 1_100]) {
      air.streams.tellLot(lotId, [air.streams.bid(lotId, amount)])
      air.endTurn()
    }
    air.clock.advance(1_000)
    expect(socket.looks).toBe(1)
    air.clock.advance(5_000)
    expect(socket.looks).toBe(1)
  })

  test('an encoding that nobody speaks costs nothing', async () => {
    const socket = air.socket(undefined, msgpackCodec)
    await air.joined(socket, lot)
    air.hub.unsubscribe(socket, lot)
    await air.joined(air.socket(), lot)
    air.streams.tellLot(lotId, [air.streams.bid(lotId, 1_000)])
    air.endTurn()
    expect(air.published).toEqual([`${lot}#json`])
  })

  test('a stale owner is not heard', async () => {
    const socket = air.socket()
    await air.joined(socket, lot)
    const [first, second] = [air.streams.bid(lotId, 1_000), air.streams.bid(lotId, 1_100)]
    air.streams.tellLot(lotId, [first], 7)
    air.streams.tellLot(lotId, [second], 6)
    air.endTurn()
    expect(socket.offsets).toEqual([2])
  })

  test('what the bus lost is read from the store', async () => {
    const socket = air.socket()
    await air.joined(socket, lot)
    air.streams.bid(lotId, 1_000)
    air.streams.bid(lotId, 1_100)
    air.streams.tellLot(lotId, [air.streams.bid(lotId, 1_200)])
    await settled()
    air.endTurn()
    expect(socket.offsets).toEqual([2, 3, 4])
  })

  test('a gap that the store cannot fill now is bridged by the newest state', async () => {
    const socket = air.socket()
    await air.joined(socket, lot)
    air.streams.bid(lotId, 1_000)
    air.streams.fault = new Error('down')
    air.streams.tellLot(lotId, [air.streams.bid(lotId, 1_100)])
    await settled()
    air.endTurn()
    expect(socket.publications).toMatchObject([{ offset: 3, data: { fromSeq: 2 } }])
  })

  test('a long gap is told by its newest states, the first of which stands for the rest', async () => {
    const socket = air.socket()
    await air.joined(socket, lot)
    for (let bids = 0; bids < 99; bids += 1) air.streams.bid(lotId, 1_000 + bids)
    air.streams.tellLot(lotId, [air.streams.bid(lotId, 2_000)])
    await settled()
    air.endTurn()
    expect(socket.offsets).toEqual(Array.from({ length: 20 }, (_, at) => 82 + at))
    expect(socket.publications[0]).toMatchObject({ data: { fromSeq: 2 } })
  })

  test('what was said while the bus was away is found in the store as soon as it is back', async () => {
    const socket = air.socket()
    await air.joined(socket, lot)
    air.streams.bid(lotId, 1_000)
    air.clock.advance(1_000)
    await settled()
    air.endTurn()
    expect(socket.offsets).toEqual([])
    air.hub.resync()
    air.clock.advance(1_000)
    await settled()
    air.endTurn()
    expect(socket.offsets).toEqual([2])
  })

  test('the last event before a silence is found in the store', async () => {
    const socket = air.socket()
    await air.joined(socket, lot)
    air.streams.bid(lotId, 1_000)
    air.clock.advance(61_000)
    await settled()
    air.endTurn()
    expect(socket.offsets).toEqual([2])
  })

  test('the channel outlives its last watcher a little, then it is let go', async () => {
    const socket = air.socket()
    await air.joined(socket, lot)
    air.hub.unsubscribe(socket, lot)
    air.hub.unsubscribe(socket, lot)
    air.clock.advance(9_000)
    expect(air.streams.listeners(lotId)).toBe(1)
    air.streams.tellLot(lotId, [air.streams.bid(lotId, 1_000)])
    air.endTurn()
    expect(await air.joined(socket, lot)).toMatchObject({ offset: 2 })
    expect(air.streams.reads).toEqual(['lot'])
    air.hub.unsubscribe(socket, lot)
    air.clock.advance(12_000)
    expect(air.streams.listeners(lotId)).toBe(0)
  })
})

describe('the snapshot of a lot that goes on', () => {
  test('follows the bids without being read again', async () => {
    await air.joined(air.socket(), lot)
    for (let bids = 0; bids < 25; bids += 1) {
      air.streams.tellLot(lotId, [air.streams.bid(lotId, 1_000 + bids)])
    }
    air.endTurn()
    const { data, offset } = await air.joined(air.socket(), lot)
    expect(offset).toBe(26)
    expect(snapshot(data).bids.map(({ amount }) => amount)).toEqual(
      Array.from({ length: 20 }, (_, at) => 1_024 - at),
    )
    expect(air.streams.reads).toEqual(['lot'])
  })

  test('reads the bids that were conflated once somebody asks, for all who ask', async () => {
    await air.joined(air.socket(), lot)
    air.streams.bid(lotId, 1_000)
    air.streams.bid(lotId, 1_100)
    air.streams.tellLot(lotId, [conflated(air.streams.bid(lotId, 1_200), 2)])
    air.endTurn()
    const crowd = [air.socket(), air.socket(), air.socket()]
    const results = await Promise.all(crowd.map((socket) => air.joined(socket, lot)))
    for (const { data, offset } of results) {
      expect(offset).toBe(4)
      expect(snapshot(data).bids.map(({ amount }) => amount)).toEqual([1_200, 1_100, 1_000])
    }
    expect(air.streams.reads).toEqual(['lot', 'bids'])
  })

  test('that moves faster than the bids can be read is told as far as it was read, and then the newest', async () => {
    await air.joined(air.socket(), lot)
    const move = (): void => {
      const from = air.streams.bid(lotId, 1_000).seq
      air.streams.tellLot(lotId, [conflated(air.streams.bid(lotId, 1_100), from)])
      air.endTurn()
    }
    move()
    const book = { ...air.streams.lotBook }
    Object.assign(air.streams.lotBook, {
      bids: async (...asked: Parameters<typeof book.bids>) => {
        const page = await book.bids(...asked)
        move()
        return page
      },
    })
    const { data, offset = 0, publications } = await air.joined(air.socket(), lot)
    expect(snapshot(data).lot.seq).toBe(offset)
    expect(publications).toMatchObject([{ offset: offset + 2 }])
    expect(snapshot(data).bids).toHaveLength(offset - 1)
  })
})

describe('coming back to a lot', () => {
  const from = { recover: true, epoch: 'e' }

  test('with nothing missed brings no publication', async () => {
    await air.joined(air.socket(), lot)
    expect(await air.joined(air.socket(), lot, { ...from, offset: 1 })).toMatchObject({
      was_recovering: true,
      recovered: true,
      offset: 1,
      publications: [],
      data: { lot: { seq: 1 } },
    })
  })

  test.each(['warm', 'cold'])(
    'brings the newest publication alone, on a %s channel',
    async (kind) => {
      if (kind === 'warm') await air.joined(air.socket(), lot)
      const events = [1_000, 1_100, 1_200].map((amount) => air.streams.bid(lotId, amount))
      air.streams.tellLot(lotId, events)
      air.endTurn()
      expect(await air.joined(air.socket(), lot, { ...from, offset: 1 })).toMatchObject({
        recovered: true,
        offset: 4,
        publications: [{ offset: 4, data: { type: 'bid_accepted', lot: { price: 1_200 } } }],
      })
    },
  )

  test.each([
    ['another epoch', { ...from, epoch: 'f', offset: 1 }],
    ['an offset beyond the head', { ...from, offset: 99 }],
  ])('with %s is not recovered, and brings the snapshot', async (_, position) => {
    expect(await air.joined(air.socket(), lot, position)).toMatchObject({
      was_recovering: true,
      recovered: false,
      offset: 1,
      publications: [],
      data: { lot: { seq: 1 } },
    })
  })

  test('knowing more than this gateway does is never sent back', async () => {
    await air.joined(air.socket(), lot)
    const event = air.streams.bid(lotId, 1_000)
    const socket = air.socket()
    const subscribing = air.subscribe(socket, lot, { ...from, offset: 2 })
    await settled()
    air.endTurn()
    await subscribing
    air.streams.tellLot(lotId, [event])
    air.endTurn()
    expect(socket.replies).toMatchObject([{ recovered: true, offset: 2, publications: [] }])
    expect(socket.offsets).toEqual([])
  })
})

describe('a watcher that reads slowly', () => {
  test('I14: is told the newest state alone when it has caught up, and then what follows', async () => {
    const [slow, quick] = [air.socket(), air.socket()]
    await air.joined(slow, lot)
    await air.joined(quick, lot)
    const seq = air.hub.pause(slow, lot)
    expect(seq).toBe(1)
    for (let bids = 0; bids < 5; bids += 1) {
      air.streams.tellLot(lotId, [air.streams.bid(lotId, 1_000 + bids)])
      air.endTurn()
    }
    expect(slow.offsets).toEqual([])
    air.streams.tellLot(lotId, [air.streams.bid(lotId, 2_000)])
    air.hub.resume(slow, lot, seq ?? 0)
    air.endTurn()
    expect(slow.offsets).toEqual([6, 7])
    expect(quick.offsets).toEqual([2, 3, 4, 5, 6, 7])
    const [skippedTo, next] = slow.publications
    expect(skippedTo).toMatchObject({ data: { fromSeq: 2, lot: { seq: 6 } } })
    expect(next?.data).not.toHaveProperty('fromSeq')
    for (const { data } of quick.publications) expect(data).not.toHaveProperty('fromSeq')
  })

  test.each([
    { has: 4, fromSeq: 5, why: 'as everybody, where the newest stands for all it missed' },
    { has: 5, fromSeq: 5, why: 'as everybody, where the newest stands for more than it missed' },
    { has: 2, fromSeq: 3, why: 'from where its own gap begins' },
    { has: -1, fromSeq: 1, why: 'from the beginning, where nobody knows what it has' },
  ])('is told the newest $why', async ({ has, fromSeq }) => {
    const slow = air.socket()
    await air.joined(slow, lot)
    air.hub.pause(slow, lot)
    for (let bids = 0; bids < 5; bids += 1) {
      air.streams.tellLot(lotId, [air.streams.bid(lotId, 1_000 + bids)])
    }
    air.streams.tellLot(lotId, [conflated(air.streams.bid(lotId, 2_000), 5)])
    air.endTurn()
    air.hub.resume(slow, lot, has)
    air.endTurn()
    expect(slow.publications).toMatchObject([{ offset: 7, data: { fromSeq } }])
  })

  test('is told nothing twice where nothing happened meanwhile', async () => {
    const socket = air.socket()
    await air.joined(socket, lot)
    air.streams.tellLot(lotId, [air.streams.bid(lotId, 1_000)])
    air.endTurn()
    air.hub.resume(socket, lot, air.hub.pause(socket, lot) ?? 0)
    air.endTurn()
    expect(socket.offsets).toEqual([2])
  })

  test('that has left is not taken back', async () => {
    const socket = air.socket()
    await air.joined(socket, lot)
    air.hub.pause(socket, lot)
    air.hub.unsubscribe(socket, lot)
    air.hub.resume(socket, lot, 0)
    expect(socket.topics.size).toBe(0)
    expect(air.hub.pause(socket, lot)).toBeUndefined()
  })
})
