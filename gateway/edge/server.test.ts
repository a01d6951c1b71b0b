import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { jsonClientCodec, msgpackClientCodec } from '../../protocol/client-codec.ts'
import { lotId } from '../testing/lots.ts'
import { type Running, startSockets } from './testing/socket-server.ts'

let running: Running

beforeEach(async () => {
  running = await startSockets()
})

afterEach(async () => {
  await running.stop()
})

const lot = `lot:${lotId}`

describe.each([jsonClientCodec, msgpackClientCodec])('a client that speaks $name', (codec) => {
  test('connects, subscribes, and is told what follows its snapshot', async () => {
    running.streams.openLot(lotId)
    const client = running.client({ codec })
    expect(await client.connect('ann')).toMatchObject({
      id: 1,
      connect: {
        node: 'test-node',
        ping: 25,
        pong: true,
        expires: true,
        ttl: 3_600,
        subs: { 'user:ann': { recoverable: true, epoch: 'e', offset: 0 } },
        data: { hello: 'ann' },
      },
    })
    expect(await client.ask({ subscribe: { channel: lot } })).toMatchObject({
      subscribe: {
        recoverable: true,
        epoch: 'e',
        offset: 1,
        data: { lot: { seq: 1 }, watchers: 1 },
      },
    })
    running.streams.tellLot(lotId, [running.streams.bid(lotId, 1_000)])
    running.streams.tellUser('ann', [running.streams.notify('ann')])
    await waitFor(
      () => client.publications(lot).length + client.publications('user:ann').length === 2,
    )
    expect(client.publications(lot)).toMatchObject([
      { offset: 2, data: { type: 'bid_accepted', lot: { price: 1_000 } } },
    ])
    expect(client.publications('user:ann')).toMatchObject([{ offset: 1, data: { type: 'outbid' } }])
  })

  test('gets the answers of one frame in one frame', async () => {
    const client = running.client({ codec })
    await client.connect('ann')
    client.frames.length = 0
    client.send(
      { id: 11, rpc: { method: 'a', data: 1 } },
      { id: 12, rpc: { method: 'b', data: 2 } },
      { id: 13, unsubscribe: { channel: 'lot:none' } },
    )
    await client.reply(12)
    expect(client.frames).toHaveLength(1)
    expect(client.messages.map((message) => 'id' in message && message.id)).toEqual([13, 11, 12])
  })
})
