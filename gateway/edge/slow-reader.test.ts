import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { lotId } from '../testing/lots.ts'
import { deskOf, type Running, startSockets } from './testing/socket-server.ts'
import type { WireClient } from './testing/wire-client.ts'

const lot = `lot:${lotId}`
/** What an `rpc` of these tests answers with: a few fill the buffers of the kernel. */
const heavy = 'x'.repeat(1_000_000)

let running: Running
let answered: number

beforeEach(async () => {
  answered = 0
  running = await startSockets({
    desk: deskOf({
      rpc: async () => {
        answered += 1
        return { result: { data: heavy } }
      },
    }),
  })
  running.streams.openLot(lotId)
})

afterEach(async () => {
  await running.stop()
})

/** Stops reading; the kernel's buffers on both sides fill up, and then ours. */
function stall(client: WireClient): void {
  client.socket.pause()
}

/** Bids `count` times at the pace of `quick`, which is told each of them; answers the newest seq. */
async function bid(count: number, quick: WireClient): Promise<number> {
  let newest = 0
  for (let bids = 0; bids < count; bids += 1) {
    const event = running.streams.bid(lotId, 1_000 + bids)
    running.streams.tellLot(lotId, [event])
    newest = event.seq
  }
  await waitFor(() => quick.offsets(lot).at(-1) === newest)
  return newest
}

async function slow(kind: string, action: string): Promise<number> {
  const metric = await running.metrics.getSingleMetric('outcry_gateway_slow_sockets_total')?.get()
  const found = metric?.values.find(
    ({ labels }) => labels['class'] === kind && labels['action'] === action,
  )
  return found?.value ?? 0
}

describe('a socket that does not read', () => {
  test('I14: a watcher gets the newest state once it reads again, and what follows', async () => {
    const [quick, stalled] = [running.client(), running.client()]
    for (const client of [quick, stalled]) {
      await client.connect()
      await client.ask({ subscribe: { channel: lot } })
    }
    stall(stalled)
    await waitFor(async () => {
      // Many bids to a second: the stalled one answers no ping either.
      for (let turns = 0; turns < 10; turns += 1) await bid(200, quick)
      running.clock.advance(1_000)
      return (await slow('state', 'conflated')) === 1
    })
    const newest = await bid(200, quick)
    stalled.socket.resume()
    await waitFor(() => stalled.offsets(lot).at(-1) === newest)
    const next = await bid(1, quick)
    await waitFor(() => stalled.offsets(lot).at(-1) === next)
    expect(stalled.closed).toBeUndefined()
    // In order and nothing twice, up to where it stood aside and then the newest.
    const told = stalled.offsets(lot)
    expect(told).toEqual([...new Set(told)].toSorted((a, b) => Number(a) - Number(b)))
    expect(told.slice(-2)).toEqual([newest, next])
    expect(told.length).toBeLessThanOrEqual(next - 200)
    expect(quick.offsets(lot)).toHaveLength(next - 1)
  })

  test('I14: what was dropped beyond the hard bound within one second is made good too', async () => {
    const stalled = running.client()
    await stalled.connect()
    await stalled.ask({ subscribe: { channel: lot } })
    stall(stalled)
    // No sweep in between: only uWebSockets.js's own bound stops it.
    let bids = 0
    await waitFor(async () => {
      for (let more = 0; more < 5_000; more += 1) {
        running.streams.tellLot(lotId, [running.streams.bid(lotId, 1_000 + bids)])
        bids += 1
        if (more % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      return (await slow('state', 'conflated')) === 1
    })
    stalled.socket.resume()
    await waitFor(() => {
      running.clock.advance(1_000)
      return stalled.offsets(lot).at(-1) === bids + 1
    })
  })

  test('I14: a user whose feed does not fit is closed with 3008 and recovers all of it', async () => {
    const client = running.client()
    await client.connect('ann')
    stall(client)
    await waitFor(async () => {
      for (let more = 0; more < 4_000; more += 1) {
        running.streams.tellUser('ann', [running.streams.notify('ann')])
      }
      await new Promise((resolve) => setImmediate(resolve))
      return running.server.connections === 0
    })
    expect(await slow('durable', 'closed')).toBe(1)
    client.socket.resume()
    expect(await client.closing()).toBe(3008)
    const told = client.offsets('user:ann')
    expect(told).toEqual(Array.from({ length: told.length }, (_, at) => at + 1))
    const again = await running.client().opened()
    const position = { recover: true, epoch: 'e', offset: told.length }
    const reply = await again.ask({ connect: { token: 'ann', subs: { 'user:ann': position } } })
    expect(reply).toMatchObject({ connect: { subs: { 'user:ann': { was_recovering: true } } } })
  })

  test('that asks on without reading the answers is closed with 3008', async () => {
    const client = running.client()
    await client.connect('ann')
    stall(client)
    let asked = 1
    await waitFor(async () => {
      client.send({ id: (asked += 1), rpc: { method: 'x' } })
      await new Promise((resolve) => setImmediate(resolve))
      return running.server.connections === 0
    })
    client.socket.resume()
    expect(await client.closing()).toBe(3008)
  })

  test('that owes answers and takes nothing for five seconds is closed with 3008', async () => {
    const client = running.client()
    await client.connect('ann')
    stall(client)
    let asked = 1
    await waitFor(async () => {
      client.send({ id: (asked += 1), rpc: { method: 'x' } })
      await waitFor(() => answered === asked - 1)
      running.clock.advance(1_000)
      const waiting = await running.metrics.getSingleMetric('outcry_gateway_buffered_bytes')?.get()
      return waiting?.values.some(({ value }) => value > 0)
    })
    for (let second = 0; second < 6; second += 1) running.clock.advance(1_000)
    await waitFor(() => running.server.connections === 0)
    client.socket.resume()
    expect(await client.closing()).toBe(3008)
  })
})
