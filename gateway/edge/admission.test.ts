import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { waitFor } from '../../platform/testing/wait-for.ts'
import { errorObject } from '../../protocol/errors.ts'
import { identity, noonMs } from '../testing/people.ts'
import { deskOf, type Running, startSockets } from './testing/socket-server.ts'

let running: Running

afterEach(async () => {
  await running.stop()
})

const limits = {
  commandsPerConnection: 'off',
  connectionsPerUserMax: 2,
  connectionsPerAddressMax: 'off',
} as const

describe('an upgrade', () => {
  test.each([
    ['a page that is allowed', 'https://bids.example', undefined],
    ['no browser', undefined, undefined],
    ['a page of somebody else', 'https://evil.example', 403],
    ['a page whose address only begins alike', 'https://bids.example.evil.example', 403],
  ])('asked for by %s', async (_, origin, status) => {
    running = await startSockets({ allowedOrigins: ['https://bids.example'] })
    const client = running.client({ headers: origin === undefined ? {} : { origin } })
    if (status === undefined) await client.opened()
    else expect((await waitFor(() => client.refusal)).status).toBe(status)
  })

  test.each([
    ['centrifuge-json', 'centrifuge-json'],
    ['outcry-msgpack', 'outcry-msgpack'],
    ['graphql-ws, outcry-msgpack', 'outcry-msgpack'],
    ['graphql-ws', undefined],
  ])('that offers %s is answered with %s', async (offered, chosen) => {
    running = await startSockets()
    const client = running.client({
      offer: false,
      headers: { 'sec-websocket-protocol': offered },
    })
    if (chosen === undefined) {
      expect((await waitFor(() => client.refusal)).status).toBe(400)
      return
    }
    // The client library takes a choice for a fault which it did not offer itself; the header is what counts.
    let told: string | undefined
    client.socket.on('upgrade', ({ headers }) => {
      told = headers['sec-websocket-protocol']
    })
    await waitFor(() => told)
    expect(told).toBe(chosen)
  })

  test('without a subprotocol speaks JSON', async () => {
    running = await startSockets()
    const client = running.client({ offer: false })
    expect(await client.connect('ann')).toMatchObject({ connect: { node: 'test-node' } })
    expect(client.socket.protocol).toBe('')
  })

  test('beyond the bound of its address is refused, until one has gone', async () => {
    running = await startSockets({ limits: { ...limits, connectionsPerAddressMax: 1 } })
    const first = await running.client().opened()
    const second = running.client()
    const refusal = await waitFor(() => second.refusal)
    expect(refusal.status).toBe(429)
    expect(Number(refusal.retryAfter)).toBeGreaterThanOrEqual(5)
    first.socket.close()
    await waitFor(() => running.server.connections === 0)
    await running.client().opened()
  })

  test('is counted by the address that a trusted proxy tells, and by no other', async () => {
    const one = { ...limits, connectionsPerAddressMax: 1 }
    running = await startSockets({ trustProxy: true, limits: one })
    // The first entry is whatever the client likes to say; the last one is the proxy's.
    const from = (address: string) =>
      running.client({ headers: { 'x-forwarded-for': `203.0.113.9, ${address}` } })
    await from('192.0.2.1').opened()
    await from('192.0.2.2').opened()
    const third = from('192.0.2.1')
    expect((await waitFor(() => third.refusal)).status).toBe(429)
  })

  test('is refused with 503 while the gateway drains', async () => {
    running = await startSockets()
    await running.server.drain(AbortSignal.timeout(5_000))
    expect(running.server.takesTraffic).toBe(false)
    const client = running.client()
    const refusal = await waitFor(() => client.refusal)
    expect(refusal.status).toBe(503)
    expect(refusal.retryAfter).toBeDefined()
  })
})

describe('connecting', () => {
  test('nothing said for five seconds closes with 3502', async () => {
    running = await startSockets()
    const client = await running.client().opened()
    await waitFor(() => running.server.connections === 1)
    running.clock.advance(5_000)
    expect(await client.closing()).toBe(3502)
  })

  test('a token that is refused after those five seconds closes with 3502 at the next look', async () => {
    let isAsked = false
    const { promise, resolve } = Promise.withResolvers<void>()
    const desk = deskOf()
    running = await startSockets({
      desk: deskOf({
        admit: async (...asked) => {
          isAsked = true
          await promise
          return await desk.admit(...asked)
        },
      }),
    })
    const client = await running.client().opened()
    client.send({ id: 1, connect: { token: 'expired' } })
    await waitFor(() => isAsked)
    // From the fifth second on it is looked at when the verdict itself is overdue, which is later.
    for (let second = 0; second < 7; second += 1) running.clock.advance(1_000)
    resolve()
    expect(await client.reply(1)).toEqual({ id: 1, error: errorObject('token_expired') })
    running.clock.advance(1_000)
    expect(await client.closing()).toBe(3502)
  })

  test('with a bad token closes with 3500, with an expired one says so and stays', async () => {
    running = await startSockets()
    const [bad, expired] = [running.client(), running.client()]
    await bad.opened()
    bad.send({ id: 1, connect: { token: 'bad' } })
    expect(await bad.closing()).toBe(3500)
    expect(await expired.connect('expired')).toEqual({ id: 1, error: errorObject('token_expired') })
    expect(await expired.ask({ connect: { token: 'ann' } })).toMatchObject({ connect: {} })
  })

  test('more often than a user may closes with 3504, until one has gone', async () => {
    running = await startSockets({ limits })
    const [first] = [running.client(), running.client()]
    for (const client of [first, running.client()]) await client?.connect('ann')
    const third = await running.client().opened()
    third.send({ id: 1, connect: { token: 'ann' } })
    expect(await third.closing()).toBe(3504)
    await running.client().connect('bob')
    first?.socket.close()
    await first?.closing()
    await waitFor(() => running.server.connections === 3)
    expect(await running.client().connect('ann')).toMatchObject({ connect: {} })
  })

  test('a socket that has gone before its token was verified is entered nowhere', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const desk = deskOf()
    running = await startSockets({
      limits: { ...limits, connectionsPerUserMax: 1 },
      desk: deskOf({
        admit: async (...asked) => {
          await promise
          return await desk.admit(...asked)
        },
      }),
    })
    const early = await running.client().opened()
    early.send({ id: 1, connect: { token: 'ann' } })
    early.socket.terminate()
    await waitFor(() => running.server.connections === 0)
    resolve()
    expect(await running.client().connect('ann')).toMatchObject({ connect: {} })
    expect(running.faults).toEqual([])
  })

  test('a feed that cannot be read closes with 3004, and the client may come back', async () => {
    running = await startSockets()
    running.streams.fault = new Error('down')
    const client = await running.client().opened()
    client.send({ id: 1, connect: { token: 'ann' } })
    expect(await client.closing()).toBe(3004)
    running.streams.fault = undefined
    expect(await running.client().connect('ann')).toMatchObject({ connect: {} })
  })
})

describe('a revocation', () => {
  test('closes the user’s connections with 3503, as far as their tokens are meant', async () => {
    const who = {
      old: { ...identity('ann'), issuedAtMs: noonMs - 60_000, deviceId: 'phone' },
      new: { ...identity('ann'), issuedAtMs: noonMs + 1, deviceId: 'phone' },
      desk: { ...identity('ann'), issuedAtMs: noonMs - 60_000, deviceId: 'desk' },
      bob: identity('bob'),
    }
    running = await startSockets({
      desk: deskOf({
        admit: async (token) => ({
          admitted: true,
          identity: who[token as keyof typeof who],
          data: {},
        }),
      }),
    })
    const clients = {
      old: running.client(),
      new: running.client(),
      desk: running.client(),
      bob: running.client(),
    }
    for (const [token, client] of Object.entries(clients)) await client.connect(token)
    running.revocations.post({ userId: 'ann', deviceId: 'phone', beforeMs: noonMs })
    expect(await clients.old.closing()).toBe(3503)
    running.revocations.post({ userId: 'ann', beforeMs: noonMs })
    expect(await clients.desk.closing()).toBe(3503)
    for (const client of [clients.new, clients.bob]) {
      expect(await client.ask({ rpc: { method: 'x', data: 1 } })).toMatchObject({
        rpc: { data: 1 },
      })
    }
  })
})

describe('the port', () => {
  test('that another process has is told in one sentence', async () => {
    running = await startSockets()
    const { port } = running.server
    await expect(startSockets({ port })).rejects.toMatchObject({
      name: 'Failure',
      message: expect.stringContaining(`PORT ${port} on 127.0.0.1 cannot be used`),
    })
  })

  test('is free again after the stop', async () => {
    running = await startSockets()
    const { port } = running.server
    await running.stop()
    await waitFor(
      () =>
        new Promise((resolve) => {
          const other = createServer().once('error', () => resolve(false))
          other.listen(port, '127.0.0.1', () => other.close(() => resolve(true)))
        }),
    )
  })

  test('a certificate that is not there is told in one sentence', async () => {
    running = await startSockets()
    const tls = { certFile: '/nowhere/cert.pem', keyFile: '/nowhere/key.pem' }
    await expect(startSockets({ tls })).rejects.toMatchObject({ name: 'Failure' })
  })
})
