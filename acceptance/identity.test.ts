// Who may do what, as a client meets it: tokens, anonymous watchers, other people's channels.
import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { HttpError } from '../loadtest/http-client.ts'
import { waitFor } from '../platform/testing/wait-for.ts'
import { lotChannel, userChannel } from '../protocol/channels.ts'
import {
  type PublicClient,
  type PublicClientOptions,
  publicClient,
} from './testing/public-client.ts'
import {
  jwtSecret,
  lotOf,
  lotTerms,
  openLot,
  startServer,
  type TestServer,
} from './testing/server.ts'

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

async function sign(secret: string): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('ann')
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(secret))
}

const claims = async () => (await sign(jwtSecret)).split('.')[1] ?? ''

async function forged(): Promise<string> {
  const [head, , signature] = (await sign(jwtSecret)).split('.')
  const exp = Math.floor(Date.now() / 1_000) + 3_600
  return `${head}.${base64url({ sub: 'admin', roles: ['service'], exp })}.${signature}`
}

describe('tokens and rights', () => {
  let server: TestServer
  const clients: PublicClient[] = []
  beforeAll(async () => {
    server = await startServer()
  })
  afterEach(() => {
    for (const client of clients.splice(0)) client.close()
  })
  afterAll(() => server.stop())

  function comer(options: PublicClientOptions): PublicClient {
    const client = publicClient(server, options)
    clients.push(client)
    return client
  }

  /** How the server ended a client's attempt to connect. */
  async function ending(options: PublicClientOptions): Promise<{ code: number; reason: string }> {
    const { centrifuge } = comer(options)
    return new Promise((resolve) => {
      centrifuge.on('disconnected', ({ code, reason }) => resolve({ code, reason }))
      centrifuge.connect()
    })
  }

  test('a token that expires is refreshed on the live socket', async () => {
    let given = 0
    const ann = comer({
      getToken: () => {
        given += 1
        // The first is too short to last; the next one lasts.
        return server.token('ann', { ttlSeconds: given === 1 ? 2 : 3_600 })
      },
    })
    await ann.connect()
    let drops = 0
    ann.centrifuge.on('connecting', () => {
      drops += 1
    })
    await waitFor(() => given >= 2, { what: 'a second token' })
    const { lotId } = await openLot(server)
    expect(await ann.bid(lotId, 5_000)).toMatchObject({ outcome: 'accepted' })
    expect(drops).toBe(0)
  })

  test.each([
    ['one that was signed with another secret', () => sign('another secret, long enough to sign')],
    ['one with alg none', async () => `${base64url({ alg: 'none' })}.${await claims()}.`],
    ['one whose claims were changed', async () => forged()],
    ['nothing of the kind', async () => 'a token'],
  ])('a forged token is turned away for good: %s', async (_, token) => {
    expect(await ending({ token: await token() })).toEqual({ code: 3500, reason: 'invalid token' })
  })

  test('an expired token makes the client fetch another', async () => {
    let given = 0
    const ann = comer({
      token: await server.token('ann', { ttlSeconds: -30 }),
      getToken: () => {
        given += 1
        return server.token('ann')
      },
    })
    await ann.connect()
    expect(given).toBe(1)
  })

  test('an anonymous watcher watches, and is asked to sign in before it bids', async () => {
    const { lotId } = await openLot(server)
    const watcher = comer({})
    await watcher.connect()
    expect((await watcher.watch(lotId)).snapshot.lot.lotId).toBe(lotId)
    await expect(watcher.bid(lotId, 5_000)).rejects.toMatchObject({ code: 101 })
  })

  test('nobody hears what is told to somebody else', async () => {
    const mallory = comer({ user: 'mallory' })
    await mallory.connect()
    const subscription = mallory.centrifuge.newSubscription(userChannel('ann'))
    const refused = new Promise((resolve) => {
      subscription.on('unsubscribed', resolve)
    })
    subscription.subscribe()
    expect(await refused).toMatchObject({ code: 103 })
    const others = [
      () => mallory.centrifuge.history(userChannel('ann'), { limit: 10 }),
      () => mallory.centrifuge.presence(userChannel('ann')),
      () => mallory.centrifuge.presenceStats(userChannel('ann')),
      () => mallory.centrifuge.publish(userChannel('ann'), {}),
    ]
    for (const attempt of others) await expect(attempt()).rejects.toMatchObject({ code: 103 })
    await expect(
      mallory.centrifuge.history(userChannel('mallory'), { limit: 10 }),
    ).resolves.toMatchObject({ publications: [] })
  })

  test.each([
    ['of no kind', 'lamps:1'],
    ['without a kind', 'lamps'],
    ['of a lot that is not there', lotChannel(randomUUID())],
    ['that is not spelt as lots are', lotChannel(randomUUID().toUpperCase())],
    ['of no lot at all', 'lot:1'],
  ])('a channel %s is unknown', async (_, channel) => {
    const ann = comer({ user: 'ann' })
    await ann.connect()
    const subscription = ann.centrifuge.newSubscription(channel)
    const refused = new Promise((resolve) => {
      subscription.on('unsubscribed', resolve)
    })
    subscription.subscribe()
    expect(await refused).toMatchObject({ code: 102 })
    await expect(ann.centrifuge.history(channel, { limit: 1 })).rejects.toMatchObject({ code: 102 })
  })

  test('a draft is there for its seller only', async () => {
    const sam = await server.as('sam', 'seller')
    const { lotId } = lotOf(await sam.call('POST', '/v1/lots', lotTerms()))
    expect(await sam.call('GET', `/v1/lots/${lotId}`)).toMatchObject({ state: 'draft' })
    const ann = await server.as('ann')
    const hidden = ann.call('GET', `/v1/lots/${lotId}`)
    await expect(hidden).rejects.toMatchObject({ status: 404, code: 'lot_not_found' })
    const eve = comer({ user: 'eve' })
    await eve.connect()
    await expect(eve.centrifuge.history(lotChannel(lotId), { limit: 1 })).rejects.toMatchObject({
      code: 102,
    })
  })

  test('rights over the socket are rights over HTTP', async () => {
    const { lotId } = await openLot(server)
    const ann = comer({ user: 'ann' })
    await ann.connect()
    await expect(ann.centrifuge.rpc('lot.create', lotTerms())).rejects.toMatchObject({ code: 103 })
    await expect(ann.centrifuge.rpc('lot.update', { lotId, title: 'Mine' })).rejects.toMatchObject({
      code: 103,
    })
    await expect(ann.centrifuge.rpc('lot.nothing', {})).rejects.toMatchObject({ code: 104 })
    await expect(ann.centrifuge.publish(lotChannel(lotId), {})).rejects.toMatchObject({ code: 103 })
    const http = await server.as('ann')
    const failures = [
      [() => http.call('POST', '/v1/lots', lotTerms()), 403],
      [() => http.call('PATCH', `/v1/lots/${lotId}`, { title: 'Mine' }), 403],
      [() => http.call('POST', '/v1/users/bob/revoke', {}), 403],
      [() => http.call('GET', '/v1/nothing'), 404],
    ] as const
    for (const [attempt, status] of failures) {
      const failure = await attempt().catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(HttpError)
      expect(failure).toMatchObject({ status })
    }
  })

  test('a revoked user is disconnected, and stays away', async () => {
    const ann = comer({ token: await server.token('revoked') })
    await ann.connect()
    const ended = new Promise((resolve) => {
      ann.centrifuge.on('disconnected', resolve)
    })
    const house = await server.as('house', 'service')
    await house.call('POST', '/v1/users/revoked/revoke', {})
    expect(await ended).toMatchObject({ code: 3503 })
    expect(await ending({ token: await server.token('revoked') })).toMatchObject({ code: 3503 })
  })
})
