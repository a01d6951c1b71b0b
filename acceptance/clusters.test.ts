// Two clusters that share a NATS and a Redis, and nothing else: CLUSTER_NAME keeps them apart. And what is
// left to a gateway whose Redis never comes: its own counting.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectWire } from '../loadtest/wire-client.ts'
import { freePort } from '../platform/servers/free-port.ts'
import { unhurried } from './testing/chat.ts'
import { type Fleet, type RoleInFleet, startFleet } from './testing/fleet.ts'
import { lotTerms, signToken } from './testing/server.ts'

/** One token: requests are limited by it. */
const house = signToken('house', { roles: ['service'] })

/** The status of what the house asks for. */
async function houseAsks(gateway: RoleInFleet, path: string, body: object): Promise<number> {
  const headers = { authorization: `Bearer ${await house}`, 'content-type': 'application/json' }
  const request = { method: 'POST', headers, body: JSON.stringify(body) }
  const answer = await fetch(gateway.url + path, request)
  await answer.body?.cancel()
  return answer.status
}

const createLot = (gateway: RoleInFleet) =>
  houseAsks(gateway, '/v1/lots', { ...lotTerms(), commandId: randomUUID() })
const revoke = (gateway: RoleInFleet, user: string) =>
  houseAsks(gateway, `/v1/users/${user}/revoke`, {})

async function arrive({ url }: RoleInFleet, user: string) {
  const socketUrl = `${url.replace('http', 'ws')}/connection/websocket`
  return await connectWire({ url: socketUrl, token: await signToken(user) })
}

const own = { ...unhurried, LIMIT_CONNECTIONS_PER_USER: '1' }

describe('two clusters on one NATS and one Redis', { timeout: 120_000 }, () => {
  let one: Fleet
  let other: Fleet
  let here: RoleInFleet
  let there: RoleInFleet

  beforeAll(async () => {
    one = await startFleet({ ...own, CLUSTER_NAME: 'one' })
    const shared = { NATS_URL: one.nats.url, REDIS_URL: one.redis.url }
    other = await startFleet({ ...own, ...shared, CLUSTER_NAME: 'other' })
    ;[here, there] = await Promise.all([
      one.add('gateway'),
      other.add('gateway'),
      one.add('engine'),
      one.add('notifier'),
    ])
  }, 120_000)
  afterAll(async () => {
    await other.stop()
    await one.stop()
  })

  test('the engine of one decides nothing for the other, which has its own', async () => {
    expect(await createLot(here)).toBe(201)
    expect(await createLot(there)).toBe(503)
    await other.add('engine')
    expect(await createLot(there)).toBe(201)
    expect(await createLot(here)).toBe(201)
  })

  test('who is counted and revoked in one is somebody else in the other', async () => {
    const [ann, namesake] = [await arrive(here, 'ann'), await arrive(there, 'ann')]
    await expect(arrive(here, 'ann')).rejects.toMatchObject({ closed: { code: 3504 } })
    expect(await revoke(here, 'ann')).toBe(200)
    expect((await ann.closed).code).toBe(3503)
    // By when a revocation there has come to an end, this one had time to come over as well.
    const ben = await arrive(there, 'ben')
    await revoke(there, 'ben')
    await ben.closed
    expect(await namesake.rpc('chat.list', {})).toHaveProperty('items')
    await namesake.close()
  })

  test('a gateway whose Redis never comes counts by itself', async () => {
    const REDIS_URL = `redis://127.0.0.1:${await freePort()}`
    const alone = await one.add('gateway', { REDIS_URL, LIMIT_REQUESTS_PER_TOKEN: '3/600s' })
    const statuses: number[] = []
    for (let times = 1; times <= 5; times += 1) statuses.push(await createLot(alone))
    expect(statuses).toEqual([201, 201, 201, 429, 429])
    const cleo = await arrive(alone, 'cleo')
    await expect(arrive(alone, 'cleo')).rejects.toMatchObject({ closed: { code: 3504 } })
    await cleo.close()
  })
})
