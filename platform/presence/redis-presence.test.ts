import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Part } from '../lifecycle.ts'
import { createLogger } from '../log.ts'
import { createRedis, type RedisConnection } from '../redis/connection.ts'
import { createNodeLease } from '../redis/node-lease.ts'
import { RedisServer } from '../servers/redis-server.ts'
import { systemClock as clock } from '../system-clock.ts'
import { expectNoLeaks } from '../testing/leak-check.ts'
import { waitFor } from '../testing/wait-for.ts'
import { describePresence } from './presence.contract.ts'
import { createRedisPresence, type RedisPresence } from './redis-presence.ts'

expectNoLeaks()

const log = createLogger({ name: 'test', level: 'silent' })
const parts: Part[] = []
let server: RedisServer

beforeAll(async () => {
  server = await RedisServer.start()
})

afterAll(async () => {
  await stopAll()
  await server.stop()
})

async function stopAll(): Promise<void> {
  for (const part of parts.splice(0).toReversed()) await part.stop()
}

interface Process {
  readonly presence: RedisPresence
  readonly redis: RedisConnection
}

/** A process with presence of its own; those with the same prefix know of each other. */
async function start(keyPrefix: string): Promise<Process> {
  const redis = createRedis({ url: server.url, log, keyPrefix })
  const lease = createNodeLease({ redis, node: 'host', clock, leaseMs: 400 })
  const presence = createRedisPresence({ redis, lease, clock })
  for (const part of [redis, lease, presence]) {
    await part.start()
    parts.push(part)
  }
  return { redis, presence }
}

describePresence('presence in Redis', async () => {
  // The one before has been looked at.
  await stopAll()
  return (await start(randomUUID())).presence
})

async function two(): Promise<[Process, Process]> {
  const prefix = randomUUID()
  return [await start(prefix), await start(prefix)]
}

const people = (presence: RedisPresence, channel: string, from: number, to: number) => {
  for (let nth = from; nth < to; nth += 1) {
    presence.join(channel, { client: `c${nth}-${randomUUID()}`, user: `user-${nth}` })
  }
}

async function toBeTold(
  presence: RedisPresence,
  channel: string,
  counts: { clients: number; users: number },
): Promise<void> {
  await waitFor(async () => {
    expect(await presence.counts(channel)).toEqual(counts)
    return true
  })
}

test('two processes tell of each other, and a user at both is one user', async () => {
  const [one, other] = await two()
  one.presence.join('lot:1', { client: 'c1', user: 'ann' })
  other.presence.join('lot:1', { client: 'c2', user: 'ann' })
  other.presence.join('lot:1', { client: 'c3', user: 'bob' })
  other.presence.join('lot:2', { client: 'c3', user: 'bob' })
  for (const { presence } of [one, other]) {
    await toBeTold(presence, 'lot:1', { clients: 3, users: 2 })
    const listed = await presence.list('lot:1', 10)
    expect(listed.map(({ client }) => client).toSorted()).toEqual(['c1', 'c2', 'c3'])
    expect(await presence.list('lot:1', 2)).toHaveLength(2)
  }
  other.presence.leave('lot:1', 'c2')
  other.presence.leave('lot:2', 'c3')
  await toBeTold(one.presence, 'lot:1', { clients: 2, users: 2 })
  await toBeTold(one.presence, 'lot:2', { clients: 0, users: 0 })
})

test('nobody is left in Redis when everybody has left', async () => {
  const [{ presence, redis }] = await two()
  presence.join('lot:1', { client: 'c1', user: 'ann' })
  people(presence, 'lot:2', 0, 50)
  await waitFor(async () => (await redis.client.exists('presence:lot:1')) === 1)
  await waitFor(async () => (await redis.client.exists('presence-list:lot:2')) === 1)
  presence.leave('lot:1', 'c1')
  for (const { client } of await presence.list('lot:2', 50)) presence.leave('lot:2', client)
  for (const key of ['presence:lot:1', 'presence:lot:2', 'presence-list:lot:2']) {
    await waitFor(async () => (await redis.client.exists(key)) === 0, { what: key })
  }
})

test('whoever was on a process that died is gone within its lease, and so is what it left', async () => {
  const [one, other] = await two()
  one.presence.join('lot:1', { client: 'c1', user: 'ann' })
  other.presence.join('lot:1', { client: 'c2', user: 'bob' })
  await toBeTold(one.presence, 'lot:1', { clients: 2, users: 2 })
  // Its connection gone, it can say nothing more, as after kill -9.
  await other.redis.stop()
  await toBeTold(one.presence, 'lot:1', { clients: 1, users: 1 })
  await waitFor(async () => (await one.redis.client.hlen('presence:lot:1')) === 1)
})

test('a process that ends in order is gone at once', async () => {
  const [one, other] = await two()
  other.presence.join('lot:1', { client: 'c2', user: 'bob' })
  await toBeTold(one.presence, 'lot:1', { clients: 1, users: 1 })
  other.presence.leave('lot:1', 'c2')
  await other.presence.stop()
  expect(await one.redis.client.exists('presence:lot:1')).toBe(0)
})

test('crowds are counted: clients exactly, users who are in both within some in a hundred', async () => {
  const [one, other] = await two()
  people(one.presence, 'lot:1', 0, 3_000)
  people(other.presence, 'lot:1', 1_000, 4_000)
  await waitFor(async () => (await one.presence.counts('lot:1')).clients === 6_000)
  const { users } = await one.presence.counts('lot:1')
  expect(Math.abs(users - 4_000)).toBeLessThan(200)
  // One more is counted at once, and the list is as long as it may be.
  people(one.presence, 'lot:1', 9_000, 9_001)
  expect((await one.presence.counts('lot:1')).clients).toBe(6_001)
  expect(await other.presence.list('lot:1', 3_200)).toHaveLength(3_200)
})

test('a crowd costs Redis a few kilobytes, however large it is', async () => {
  const [{ presence, redis }] = await two()
  people(presence, 'lot:1', 0, 10_000)
  await waitFor(async () => (await redis.client.exists('presence:lot:1')) === 1)
  const bytes = await redis.client.memory('USAGE', 'presence:lot:1')
  expect(bytes).toBeLessThan(8_192)
})

test('without Redis those here are known, and everybody again once it is back', async () => {
  const [one, other] = await two()
  one.presence.join('lot:1', { client: 'c1', user: 'ann' })
  other.presence.join('lot:1', { client: 'c2', user: 'bob' })
  await toBeTold(one.presence, 'lot:1', { clients: 2, users: 2 })
  await server.kill()
  await toBeTold(one.presence, 'lot:1', { clients: 1, users: 1 })
  expect(await one.presence.list('lot:1', 10)).toEqual([{ client: 'c1', user: 'ann' }])
  other.presence.join('lot:1', { client: 'c3', user: 'carl' })
  // Nothing of what it held is left.
  await server.startAgain()
  await toBeTold(one.presence, 'lot:1', { clients: 3, users: 3 })
})
