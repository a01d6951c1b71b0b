// What a client may send that it should not: each has its error, and nobody else notices.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { CommandError, connectWire, type WireClient } from '../loadtest/wire-client.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import { lotChannel } from '../protocol/channels.ts'
import type { Push } from '../protocol/frames.ts'
import { lotTerms, openLot, startServer, type TestServer } from './testing/server.ts'

describe('I16: whatever a client sends', () => {
  let server: TestServer
  let lotId = ''
  let bystander: WireClient
  const heard: Push['push'][] = []
  beforeAll(async () => {
    server = await startServer({ LIMIT_BIDS_PER_USER: 'off', LIMIT_BIDS_PER_USER_ALL_LOTS: 'off' })
    ;({ lotId } = await openLot(server))
    bystander = await connectWire({
      url: server.websocketUrl,
      token: await server.token('bystander'),
      onPush: (push) => heard.push(push),
    })
    await bystander.request('subscribe', { channel: lotChannel(lotId) })
  })
  afterAll(async () => {
    // Whoever sat beside all of it was told of no event, lost nothing and still bids.
    expect(heard).toEqual([])
    const bid = { lotId, clientBidId: randomUUID(), amount: 5_000, currency: 'USD' }
    expect(await bystander.rpc('bid.place', bid)).toMatchObject({ outcome: 'accepted', seq: 3 })
    await waitFor(() => heard.length === 1)
    await bystander.close()
    await server.stop()
  })

  async function open(subprotocol?: string): Promise<WebSocket> {
    const socket = new WebSocket(server.websocketUrl, subprotocol)
    await once(socket, 'open')
    return socket
  }

  /** Sends one frame and waits for the end of the connection. */
  async function closeCodeAfter(frame: string | Buffer, subprotocol?: string): Promise<number> {
    const socket = await open(subprotocol)
    socket.send(frame)
    const [code] = await once(socket, 'close')
    return Number(code)
  }

  test.each([
    ['that is empty', ''],
    ['that is not JSON', '{"id":1'],
    ['that is a number', '7'],
    ['that is a list', '[{"id":1,"connect":{}}]'],
    ['of no known command', '{"id":1,"dance":{}}'],
    ['whose id is a fraction', '{"id":1.5,"connect":{}}'],
    ['whose id is negative', '{"id":-1,"connect":{}}'],
    ['whose id is beyond 2^53', '{"id":9007199254740993,"connect":{}}'],
    ['of seventeen commands', Array(17).fill('{"id":1,"connect":{}}').join('\n')],
    ['that tries for a prototype', '{"id":1,"connect":{"__proto__":{"token":"x"}}}'],
    ['that is not UTF-8', Buffer.from([0xff, 0xfe, 0xfd])],
    ['that is nested beyond reason', `${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`],
  ])('a first frame %s ends the connection with 3501', async (_, frame) => {
    expect(await closeCodeAfter(frame)).toBe(3501)
  })

  test.each([
    ['no MessagePack', Buffer.from([0xc1])],
    ['cut short', Buffer.from([0x93, 0x81])],
    ['an array that promises four billion items', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
  ])('a MessagePack frame that is %s ends the connection with 3501', async (_, frame) => {
    expect(await closeCodeAfter(frame, 'outcry-msgpack')).toBe(3501)
  })

  test('a frame that is too large ends the connection', async () => {
    const client = await connectWire({
      url: server.websocketUrl,
      token: await server.token('large'),
    })
    const sent = client.request('rpc', { method: 'time.sync', data: 'x'.repeat(70_000) })
    await expect(sent).rejects.toThrow(/closed/)
  })

  test('a command before connect ends the connection', async () => {
    const code = await closeCodeAfter('{"id":1,"rpc":{"method":"time.sync"}}')
    expect([3501, 3507]).toContain(code)
  })

  test.each([
    ['a string for an amount', { amount: '5000' }, 107],
    ['no amount', { amount: undefined }, 107],
    ['nothing for an amount', { amount: null }, 107],
    ['a list for an amount', { amount: [5_000] }, 107],
    ['a lot that is no UUID', { lotId: 'lamp' }, 107],
    ['a bid id that is no UUID', { clientBidId: 'again' }, 107],
    ['a kind that is not one', { kind: 'blind' }, 107],
    ['a currency that is a number', { currency: 840 }, 107],
  ])('%s is a bad request', async (_, fault, code) => {
    const client = await connectWire({ url: server.websocketUrl, token: await server.token('bad') })
    const bid = { lotId, clientBidId: randomUUID(), amount: 5_000, currency: 'USD', ...fault }
    const failure = await client.rpc('bid.place', bid).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(CommandError)
    expect(failure).toMatchObject({ code })
    await client.close()
  })

  test.each([
    ['a fraction of a cent', 5_000.5, 'USD', 'amount_invalid', 'non_integer'],
    ['a negative amount', -5_000, 'USD', 'amount_invalid', 'negative'],
    ['nothing', 0, 'USD', 'amount_invalid', 'negative'],
    ['more than 2^53', 2 ** 53, 'USD', 'amount_invalid', 'too_large'],
    ['more than all money', 10 ** 15 + 1, 'USD', 'amount_invalid', 'too_large'],
    ['another currency', 5_000, 'EUR', 'currency_mismatch', undefined],
    ['a currency that is none', 5_000, 'XXL', 'currency_mismatch', undefined],
    ['too little', 999, 'USD', 'bid_too_low', undefined],
  ])('a bid of %s is refused', async (_, amount, currency, code, reason) => {
    const client = await connectWire({ url: server.websocketUrl, token: await server.token('low') })
    const bid = { lotId, clientBidId: randomUUID(), amount, currency }
    const outcome = await client.rpc('bid.place', bid)
    expect(outcome).toMatchObject({ outcome: 'refused', code, lotId })
    if (reason !== undefined) expect(outcome).toHaveProperty('reason', reason)
    await client.close()
  })

  test.each([
    ['a currency that is none', { currency: 'XXL' }],
    ['a start price that is a fraction', { startPrice: 10.5 }],
    ['a start price beyond all money', { startPrice: 2 ** 53 }],
    ['a negative start price', { startPrice: -1 }],
    ['an end before its start', { endsAt: 1 }],
    ['a reserve below the start price', { reservePrice: 1 }],
    ['no title', { title: ' ' }],
    ['increments that begin in the middle', { increments: [{ from: 5, step: 1 }] }],
    ['a format that is not there yet', { format: 'dutch' }],
  ])('a lot with %s is a bad request, and the answer says which field', async (_, fault) => {
    const sam = await server.as('sam', 'seller')
    const failure = sam.call('POST', '/v1/lots', { ...lotTerms(), ...fault })
    const [field] = Object.keys(fault)
    await expect(failure).rejects.toMatchObject({
      status: 400,
      code: 'bad_request',
      message: expect.stringContaining(field ?? '') as string,
    })
  })

  test('a client that bids faster than it may is put off, by name', async () => {
    const strict = await startServer()
    try {
      const lot = await openLot(strict)
      const client = await connectWire({
        url: strict.websocketUrl,
        token: await strict.token('fast'),
      })
      const bids = Array.from({ length: 16 }, (_, at) =>
        client.rpc('bid.place', {
          lotId: lot.lotId,
          clientBidId: randomUUID(),
          amount: 1_000 + at,
          currency: 'USD',
        }),
      )
      const outcomes = (await Promise.all(bids)) as { code?: string; retryAfterMs?: number }[]
      const putOff = outcomes.filter(({ code }) => code === 'rate_limited')
      expect(putOff.length).toBeGreaterThan(0)
      expect(putOff[0]?.retryAfterMs).toBeGreaterThan(0)
      await client.close()
    } finally {
      await strict.stop()
    }
  })
})
