// The light client against the real server: what the public SDKs do, it does.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openLot, startServer, type TestServer } from '../../acceptance/testing/server.ts'
import { waitFor } from '../../platform/testing/wait-for.ts'
import type { BidOutcome, LotSnapshot } from '../../protocol/auction.ts'
import { lotChannel } from '../../protocol/channels.ts'
import { jsonClientCodec, msgpackClientCodec } from '../../protocol/client-codec.ts'
import type { ErrorObject } from '../../protocol/errors.ts'
import type { Publication, SubscribeResult } from '../../protocol/frames.ts'
import { createFrameReader } from './frame-memory.ts'
import { endpointOf } from './light-socket.ts'
import { LoadClient } from './load-client.ts'
import type { Ending, LoadObserver } from './load-observer.ts'

let server: TestServer
const clients: LoadClient[] = []

beforeAll(async () => {
  server = await startServer()
})

afterEach(() => {
  for (const client of clients.splice(0)) client.leave()
})

afterAll(() => server.stop())

interface Heard {
  readonly connects: number
  readonly ends: readonly Ending[]
  readonly returns: readonly number[]
  readonly joins: readonly { readonly channel: string; readonly result: SubscribeResult }[]
  readonly refusals: readonly { readonly channel: string; readonly error: ErrorObject }[]
  readonly publications: readonly { readonly channel: string; readonly publication: Publication }[]
}

interface Device {
  readonly client: LoadClient
  readonly heard: Heard
}

interface DeviceOptions {
  readonly url?: string
  readonly codec?: typeof jsonClientCodec
  readonly token?: string
  /** A channel that it subscribes to as soon as its greeting is out. */
  readonly wantsLate?: string
}

class LateComer extends LoadClient {
  wantsLate: string | undefined

  protected override opened(): void {
    super.opened()
    if (this.wantsLate !== undefined) this.subscribe(this.wantsLate)
  }
}

function device({
  url = server.websocketUrl,
  codec = jsonClientCodec,
  token,
  wantsLate,
}: DeviceOptions): Device {
  const heard = {
    connects: 0,
    ends: [] as Ending[],
    returns: [] as number[],
    joins: [] as Heard['joins'][number][],
    refusals: [] as Heard['refusals'][number][],
    publications: [] as Heard['publications'][number][],
  }
  const observer: LoadObserver = {
    connected: () => void (heard.connects += 1),
    disconnected: (_, end) => void heard.ends.push(end),
    returned: (_, ms) => void heard.returns.push(ms),
    subscribed: (_, channel, result) => void heard.joins.push({ channel, result }),
    readsBack: () => {},
    refused: (_, channel, error) => void heard.refusals.push({ channel, error }),
    published: (_, channel, publication) => void heard.publications.push({ channel, publication }),
  }
  const endpoints = [endpointOf(url, codec.subprotocol)]
  const frames = createFrameReader(codec)
  const options = { endpoints, codec, frames, observer, random: () => 0 }
  const client = new LateComer(options, 0, token)
  client.wantsLate = wantsLate
  clients.push(client)
  client.connect()
  return { client, heard }
}

function bid({ client }: Device, lotId: string, amount: number): Promise<BidOutcome> {
  const params = { lotId, clientBidId: randomUUID(), amount, currency: 'USD' }
  return new Promise((resolve, reject) => {
    client.rpc('bid.place', params, (data, error) => {
      if (data === undefined) reject(new Error(error?.message ?? 'the connection was lost'))
      else resolve(data as BidOutcome)
    })
  })
}

describe.each([jsonClientCodec, msgpackClientCodec])('in $name', (codec) => {
  test('it bids, and sees its bid on the lot that it watches', async () => {
    const { lotId } = await openLot(server)
    const ann = device({ codec, token: await server.token('ann') })
    ann.client.subscribe(lotChannel(lotId))
    await waitFor(() => ann.heard.joins.some(({ channel }) => channel === lotChannel(lotId)))
    expect(await bid(ann, lotId, 2_000)).toMatchObject({ outcome: 'accepted', leading: true })
    await waitFor(() => ann.heard.publications.some(({ channel }) => channel === lotChannel(lotId)))
    expect(ann.heard.joins.map(({ channel }) => channel)).toContain('user:ann')
  })

  test('it comes back by itself and has what it missed', async () => {
    const { lotId } = await openLot(server)
    const channel = lotChannel(lotId)
    const ann = device({ codec, token: await server.token('ann') })
    const bob = device({ codec, token: await server.token('bob') })
    ann.client.subscribe(channel)
    await waitFor(() => ann.heard.joins.some((join) => join.channel === channel))
    await waitFor(() => bob.client.isConnected)
    const { ends, connects } = { ...ann.heard, ends: ann.heard.ends.length }
    ann.client.lose()
    await waitFor(() => ann.heard.ends.length > ends)
    const { seq } = (await bid(bob, lotId, 2_000)) as { readonly seq: number }
    await waitFor(() => ann.heard.connects > connects)
    const joined = () => ann.heard.joins.filter((join) => join.channel === channel)
    await waitFor(() => joined().length >= 2)
    expect(joined().at(-1)?.result).toMatchObject({ was_recovering: true })
    await waitFor(() => ann.client.offsetOf(channel) === seq)
    expect(ann.heard.returns).toHaveLength(1)
    const snapshots = joined().map(({ result }) => result.data as LotSnapshot)
    expect(snapshots.at(-1)?.lot.price).toBe(1_000)
    // What concerned its user alone is recovered too.
    await bid(ann, lotId, 1_500)
    await waitFor(() => ann.client.offsetOf('user:ann') !== undefined)
  })
})

test('a channel that it wants after its greeting, before the answer to it, is not forgotten', async () => {
  const channel = lotChannel((await openLot(server)).lotId)
  const { client, heard } = device({ token: await server.token('ann'), wantsLate: channel })
  await waitFor(() => heard.joins.some((join) => join.channel === channel))
  expect(client.isConnected).toBe(true)
})

test('a wrong token is final, and says why', async () => {
  const stranger = device({ token: 'not a token' })
  await waitFor(() => stranger.heard.ends.length === 1)
  expect(stranger.heard.ends[0]).toMatchObject({
    code: 3500,
    reason: 'invalid token',
    isFinal: true,
  })
})

test('a channel that is not there is refused, and the connection stands', async () => {
  const ann = device({ token: await server.token('ann') })
  ann.client.subscribe(lotChannel(randomUUID()))
  await waitFor(() => ann.heard.refusals.length === 1)
  expect(ann.heard.refusals[0]?.error.code).toBe(102)
  expect(ann.client.isConnected).toBe(true)
})

test('a server that is not there is tried again', async () => {
  const lost = device({ url: 'ws://127.0.0.1:1/connection/websocket' })
  await waitFor(() => lost.heard.ends.length >= 2)
  expect(lost.heard.ends[0]).toMatchObject({ code: 1006, isFinal: false })
  expect(lost.heard.ends[0]?.reason).toContain('ECONNREFUSED')
})

test('an address that speaks no WebSocket says so', async () => {
  const lost = device({ url: server.websocketUrl.replace('/connection/websocket', '/healthz') })
  await waitFor(() => lost.heard.ends.length >= 1)
  expect(lost.heard.ends[0]?.reason).toMatch(/^HTTP \d{3}$/)
})
