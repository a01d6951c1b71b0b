// Both encodings say the same things, side by side on one lot.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectWire, type WireClient } from '../loadtest/wire-client.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import type { BidOutcome } from '../protocol/auction.ts'
import { lotChannel, userChannel } from '../protocol/channels.ts'
import { jsonClientCodec, msgpackClientCodec } from '../protocol/client-codec.ts'
import type { Push } from '../protocol/frames.ts'
import { openLot, startServer, type TestServer } from './testing/server.ts'

const bid = async (client: WireClient, lotId: string, amount: number) =>
  (await client.rpc('bid.place', {
    lotId,
    clientBidId: randomUUID(),
    amount,
    currency: 'USD',
  })) as BidOutcome

/** Whether a push is a publication on `channel`. */
const on = (channel: string) => (push: Push['push']) => 'pub' in push && push.channel === channel

describe('JSON and MessagePack', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server.stop())

  async function arrive(user: string, codec: typeof jsonClientCodec) {
    const heard: Push['push'][] = []
    const token = await server.token(user)
    const onPush = (push: Push['push']) => heard.push(push)
    const client = await connectWire({ url: server.websocketUrl, token, codec, onPush })
    return { client, heard }
  }

  test('watchers of either encoding hear the same', async () => {
    const { lotId } = await openLot(server)
    const text = await arrive('ann', jsonClientCodec)
    const packed = await arrive('bob', msgpackClientCodec)
    const channel = lotChannel(lotId)
    const inText = await text.client.request('subscribe', { channel })
    const inPacked = await packed.client.request('subscribe', { channel })
    expect(inPacked).toMatchObject({
      epoch: inText.epoch,
      offset: inText.offset,
      recoverable: true,
    })

    expect(await bid(packed.client, lotId, 5_000)).toMatchObject({
      outcome: 'accepted',
      yourMax: 5_000,
    })
    expect(await bid(text.client, lotId, 8_000)).toMatchObject({
      outcome: 'accepted',
      price: 5_100,
    })
    const onLot = ({ heard }: typeof text) => heard.filter(on(channel))
    await waitFor(() => onLot(text).length === 2 && onLot(packed).length === 2)
    expect(onLot(packed)).toEqual(onLot(text))

    const feed = on(userChannel('bob'))
    await waitFor(() => packed.heard.some(feed))
    expect(packed.heard.find(feed)).toMatchObject({
      pub: { offset: 1, data: { type: 'outbid', lotId } },
    })
    await Promise.all([text.client.close(), packed.client.close()])
  })

  test.each([
    ['JSON', jsonClientCodec],
    ['MessagePack', msgpackClientCodec],
  ])('every command has its answer in %s', async (_, codec) => {
    const { lotId } = await openLot(server)
    const { client } = await arrive('cleo', codec)
    const channel = lotChannel(lotId)
    expect(client.hello).toMatchObject({ expires: true, ping: 25, pong: true })
    expect(client.hello.subs).toHaveProperty(userChannel('cleo'))
    expect(await client.request('subscribe', { channel })).toMatchObject({
      data: { lot: { lotId } },
    })
    await expect(client.request('subscribe', { channel })).rejects.toMatchObject({ code: 105 })
    expect(await client.request('history', { channel, limit: 10 })).toHaveProperty('publications')
    expect(await client.request('presence', { channel })).toHaveProperty('presence')
    expect(await client.request('presence_stats', { channel })).toMatchObject({ num_clients: 1 })
    const refreshed = await client.request('refresh', { token: await server.token('cleo') })
    expect(refreshed).toMatchObject({ expires: true })
    await expect(client.request('publish', { channel, data: {} })).rejects.toMatchObject({
      code: 103,
    })
    expect(await client.rpc('lot.get', { lotId })).toMatchObject({ lotId, state: 'open' })
    expect(await client.request('unsubscribe', { channel })).toEqual({})
    expect(await client.close()).toMatchObject({ code: 1000 })
  })
})
