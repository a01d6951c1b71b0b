import { beforeEach, describe, expect, test } from 'vitest'
import { settled } from '../../platform/testing/turns.ts'
import { msgpackCodec } from '../../protocol/codec-msgpack.ts'
import { Air } from './testing/air.ts'

const feed = 'user:ann'
const from = { recover: true, epoch: 'e' }

let air: Air

beforeEach(async () => {
  air = new Air()
  await air.hub.start()
})

/** Commits `count` notifications and has the bus tell them. */
function notify(count: number): void {
  for (let told = 0; told < count; told += 1) {
    air.streams.tellUser('ann', [air.streams.notify('ann')])
  }
}

function offsets(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at)
}

describe('the feed of a user', () => {
  test('is told to all of its connections, in order, each in its encoding', async () => {
    const phone = air.socket('ann')
    const desk = air.socket('ann', msgpackCodec)
    expect(await air.joined(phone, feed)).toEqual({
      recoverable: true,
      positioned: true,
      epoch: 'e',
      offset: 0,
    })
    await air.joined(desk, feed)
    notify(3)
    air.endTurn()
    for (const socket of [phone, desk]) expect(socket.offsets).toEqual([1, 2, 3])
    expect(await air.presence.counts(feed)).toEqual({ clients: 2, users: 1 })
  })

  test('goes out behind the replies of the same turn, without waiting for another', async () => {
    const socket = air.socket('ann')
    await air.subscribe(socket, feed)
    notify(1)
    air.endTurn()
    expect(socket.replies).toMatchObject([{ offset: 0 }])
    expect(socket.offsets).toEqual([1])
  })

  test('is let go by a connection that leaves, and told to the others', async () => {
    const [phone, desk] = [air.socket('ann'), air.socket('ann')]
    await air.joined(phone, feed)
    await air.joined(desk, feed)
    air.hub.unsubscribe(phone, feed)
    notify(1)
    air.endTurn()
    expect(phone.offsets).toEqual([])
    expect(desk.offsets).toEqual([1])
    expect(await air.presence.counts(feed)).toEqual({ clients: 1, users: 1 })
  })

  test('is never conflated', async () => {
    const socket = air.socket('ann')
    await air.joined(socket, feed)
    expect(air.hub.pause(socket, feed)).toBeUndefined()
  })

  test('waits for what the store cannot read now, and skips nothing', async () => {
    const socket = air.socket('ann')
    await air.joined(socket, feed)
    air.streams.fault = new Error('down')
    air.streams.notify('ann')
    notify(1)
    await settled()
    air.endTurn()
    expect(socket.offsets).toEqual([])
    air.streams.fault = undefined
    air.clock.advance(200)
    await settled()
    air.endTurn()
    expect(socket.offsets).toEqual([1, 2])
  })
})

describe('what was read of a feed elsewhere', () => {
  const read = { type: 'notifications_read', readSeq: 1, unread: 4 }

  test('is told to all of its connections, behind what was told before it', async () => {
    const [phone, desk] = [air.socket('ann'), air.socket('ann', msgpackCodec)]
    await air.joined(phone, feed)
    await air.joined(desk, feed)
    notify(1)
    air.streams.tellRead('ann', 1, 4)
    air.endTurn()
    for (const { publications } of [phone, desk]) {
      expect(publications).toMatchObject([{ offset: 1 }, { data: read }])
      expect(publications[1]).not.toHaveProperty('offset')
    }
  })

  test('is of the moment: a connection that lags is not told, and none that comes back', async () => {
    const [lagging, other] = [air.socket('ann'), air.socket('ann')]
    await air.joined(lagging, feed)
    await air.joined(other, feed)
    lagging.lags = true
    notify(1)
    air.streams.tellRead('ann', 1, 4)
    air.endTurn()
    expect(lagging.offsets).toEqual([1])
    expect(other.offsets).toEqual([1, undefined])
    const result = await air.joined(air.socket('ann'), feed, { ...from, offset: 0 })
    expect(result).toMatchObject({ recovered: true, offset: 1, publications: [{ offset: 1 }] })
  })
})

describe('coming back to a feed', () => {
  test('with nothing missed brings nothing', async () => {
    expect(await air.joined(air.socket('ann'), feed, { ...from, offset: 0 })).toMatchObject({
      was_recovering: true,
      recovered: true,
      offset: 0,
      publications: [],
    })
  })

  test('brings what was missed from memory', async () => {
    await air.joined(air.socket('ann'), feed)
    notify(5)
    air.endTurn()
    const reads = air.streams.reads.length
    const result = await air.joined(air.socket('ann'), feed, { ...from, offset: 2 })
    expect(result).toMatchObject({ recovered: true, offset: 5 })
    expect(result.publications?.map(({ offset }) => offset)).toEqual([3, 4, 5])
    expect(air.streams.reads).toHaveLength(reads)
  })

  test('I21: brings what a notification says now, on its way too when it changed, and tells nobody of it', async () => {
    const socket = air.socket('ann')
    await air.joined(socket, feed)
    notify(1)
    air.endTurn()
    const [told] = await air.streams.userFeed.notifications('ann', { limit: 1, reverse: true })
    const { seq = 0 } = told ?? {}
    const onItsWay = { ...air.streams.notify('ann'), text: 'secret' }
    const changed = [seq, onItsWay.seq].map((at) => ({ ...onItsWay, seq: at, text: 'redacted' }))
    air.streams.tellUser('ann', [onItsWay])
    air.streams.tellUser('ann', [], changed)
    air.endTurn()
    expect(socket.offsets).toEqual([1, 2])
    const result = await air.joined(air.socket('ann'), feed, { ...from, offset: 0 })
    expect(result.publications?.map(({ data }) => data)).toEqual(changed)
  })

  test('after minutes reads the store, as memory holds what is recent', async () => {
    await air.joined(air.socket('ann'), feed)
    notify(2)
    air.endTurn()
    for (const source of ['memory', 'the store']) {
      air.clock.advance(60_000)
      await settled()
      const before = air.streams.reads.length
      const result = await air.joined(air.socket('ann'), feed, { ...from, offset: 0 })
      expect(result.publications?.map(({ offset }) => offset)).toEqual([1, 2])
      expect(air.streams.reads.slice(before)).toEqual(source === 'memory' ? [] : ['notifications'])
    }
  })

  test('I21: after minutes says what the store says, whatever it heard of changes before', async () => {
    await air.joined(air.socket('ann'), feed)
    const told = air.streams.notify('ann')
    air.streams.tellUser('ann', [told])
    // It was edited, and deleted then, of which the bus lost the word.
    air.streams.tellUser('ann', [], [{ ...told, text: 'secret' }])
    air.endTurn()
    for (let minutes = 0; minutes < 2; minutes += 1) {
      air.clock.advance(60_000)
      await settled()
    }
    const result = await air.joined(air.socket('ann'), feed, { ...from, offset: 0 })
    expect(result.publications?.map(({ data }) => data)).toEqual([told])
  })

  test('brings what was missed from the store, by one reading, and goes on from memory', async () => {
    notify(6)
    const socket = air.socket('ann')
    await air.joined(air.socket('ann'), feed)
    const open = air.streams.hold()
    const subscribing = air.subscribe(socket, feed, { ...from, offset: 2 })
    await settled()
    // The feed goes on while the store is being read.
    notify(2)
    air.endTurn()
    open()
    await subscribing
    air.endTurn()
    expect(socket.replies).toMatchObject([{ recovered: true, offset: 8 }])
    expect(socket.offsets).toEqual(offsets(3, 8))
    expect(air.streams.reads).toEqual(['head', 'notifications'])
  })

  test('of many at once: each gap is read from the store once', async () => {
    notify(6)
    await air.joined(air.socket('ann'), feed)
    const open = air.streams.hold()
    const sockets = Array.from({ length: 6 }, () => air.socket('ann'))
    const subscribing = sockets.map((socket, nth) =>
      air.subscribe(socket, feed, { ...from, offset: nth % 2 }),
    )
    await settled()
    open()
    await Promise.all(subscribing)
    air.endTurn()
    for (const [nth, { replies }] of sockets.entries()) {
      const publications = offsets((nth % 2) + 1, 6).map((offset) => ({ offset }))
      expect(replies).toMatchObject([{ recovered: true, offset: 6, publications }])
    }
    expect(air.streams.reads).toEqual(['head', 'notifications', 'notifications'])
  })

  test('whose reading failed is read anew by who comes next', async () => {
    notify(6)
    await air.joined(air.socket('ann'), feed)
    air.streams.fault = new Error('down')
    expect(await air.subscribe(air.socket('ann'), feed, { ...from, offset: 0 })).toHaveProperty(
      'error',
    )
    air.streams.fault = undefined
    const result = await air.joined(air.socket('ann'), feed, { ...from, offset: 0 })
    expect(result).toMatchObject({ recovered: true, offset: 6 })
  })

  test.each([
    [300, true],
    [301, false],
  ])('after %i missed: recovered is %s', async (missed, recovered) => {
    notify(missed)
    const result = await air.joined(air.socket('ann'), feed, { ...from, offset: 0 })
    expect(result).toMatchObject({ was_recovering: true, recovered, offset: missed })
    expect(result.publications?.length ?? 0).toBe(recovered ? missed : 0)
  })

  test.each([
    ['another epoch', { ...from, epoch: 'f', offset: 0 }],
    ['an offset beyond the head', { ...from, offset: 4 }],
  ])('with %s is not recovered', async (_, position) => {
    notify(3)
    const result = await air.joined(air.socket('ann'), feed, position)
    expect(result).toMatchObject({ was_recovering: true, recovered: false, offset: 3 })
  })

  test('knowing more than this gateway does waits for the rest', async () => {
    await air.joined(air.socket('ann'), feed)
    air.streams.notify('ann')
    const socket = air.socket('ann')
    const subscribing = air.subscribe(socket, feed, { ...from, offset: 1 })
    await settled()
    air.endTurn()
    await subscribing
    air.endTurn()
    expect(socket.replies).toMatchObject([{ recovered: true, offset: 1, publications: [] }])
  })

  test('counts how clients recovered', async () => {
    notify(1)
    await air.joined(air.socket('ann'), feed, { ...from, offset: 0 })
    await air.joined(air.socket('ann'), feed, { ...from, offset: 1 })
    await air.joined(air.socket('ann'), feed, { ...from, offset: 2 })
    const text = await air.metrics.metrics()
    for (const kind of ['store', 'none', 'failed']) {
      expect(text).toContain(`outcry_gateway_recoveries_total{kind="${kind}",role="test"} 1`)
    }
  })
})
