// What stands on Redis stands on a cluster of it, too: no command needs keys of several slots.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRedisConnectionCounts } from '../connections/redis-connection-counts.ts'
import { createRedisCutoffs } from '../cutoffs/redis-cutoffs.ts'
import type { Part } from '../lifecycle.ts'
import { createRedisLimits } from '../limits/redis-limits.ts'
import { createLogger } from '../log.ts'
import { createRedisPresence } from '../presence/redis-presence.ts'
import type { RedisServer } from '../servers/redis-server.ts'
import { systemClock as clock } from '../system-clock.ts'
import { expectNoLeaks } from '../testing/leak-check.ts'
import { startRedisCluster } from '../testing/redis-cluster.ts'
import { waitFor } from '../testing/wait-for.ts'
import { createRedis, type RedisConnection } from './connection.ts'
import { createNodeLease, type NodeLease } from './node-lease.ts'

expectNoLeaks()

const log = createLogger({ name: 'test', level: 'silent' })
const parts: Part[] = []
let server: RedisServer

beforeAll(async () => {
  server = await startRedisCluster()
})

afterAll(async () => {
  for (const part of parts.toReversed()) await part.stop()
  await server.stop()
})

async function started<P extends Part>(part: P): Promise<P> {
  await part.start()
  parts.push(part)
  return part
}

async function processOf(): Promise<{ redis: RedisConnection; lease: NodeLease }> {
  const redis = await started(createRedis({ url: server.url, log }))
  return { redis, lease: await started(createNodeLease({ redis, node: 'host', clock })) }
}

test('limits count on a cluster', async () => {
  const { redis } = await processOf()
  const limits = createRedisLimits({ quota: { points: 1, windowMs: 60_000 } }, redis, { clock })
  for (const key of ['ann', 'bob', 'carl']) {
    expect(await limits.take('quota', key)).toEqual({ allowed: true })
    expect(await redis.client.get(`limit:quota:${key}`)).toBe('1')
    expect(await limits.take('quota', key)).toMatchObject({ allowed: false })
  }
})

test('presence is told on a cluster', async () => {
  const [one, other] = [await processOf(), await processOf()]
  const here = await started(createRedisPresence({ ...one, clock }))
  const there = await started(createRedisPresence({ ...other, clock }))
  for (const channel of ['lot:1', 'lot:2', 'lot:3']) {
    for (let nth = 0; nth < 50; nth += 1) here.join(channel, { client: `c${nth}`, user: 'ann' })
    await waitFor(async () => (await there.counts(channel)).clients === 50)
    expect(await there.list(channel, 40)).toHaveLength(40)
  }
})

test('connections are counted on a cluster', async () => {
  const [one, other] = [await processOf(), await processOf()]
  const here = await started(createRedisConnectionCounts({ ...one, clock }))
  const there = await started(createRedisConnectionCounts({ ...other, clock }))
  for (const { lease } of [one, other]) await lease.refresh()
  for (const key of ['ann', 'bob', 'carl']) {
    expect(await here.enter(key, 1)).toBe(true)
    expect(await there.enter(key, 1)).toBe(false)
  }
})

test('cutoffs are followed on a cluster', async () => {
  const bounds = { of: 'revocations', clock, keepMs: 60_000, keysMax: 100 }
  const here = await started(createRedisCutoffs({ ...(await processOf()), ...bounds }))
  const there = await started(createRedisCutoffs({ ...(await processOf()), ...bounds }))
  const heard = new Map<string, number>()
  there.listen((key, atMs) => void heard.set(key, atMs))
  here.raise('ann', 1_000)
  await waitFor(() => heard.get('ann') === 1_000)
  expect(there.at('ann')).toBe(1_000)
})
