import { randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Part } from '../lifecycle.ts'
import { createLogger } from '../log.ts'
import { createRedis, type RedisConnection } from '../redis/connection.ts'
import { createNodeLease, type NodeLease } from '../redis/node-lease.ts'
import { RedisServer } from '../servers/redis-server.ts'
import { systemClock as clock } from '../system-clock.ts'
import { expectNoLeaks } from '../testing/leak-check.ts'
import { waitFor } from '../testing/wait-for.ts'
import { describeConnectionCounts } from './connection-counts.contract.ts'
import {
  createRedisConnectionCounts,
  type RedisConnectionCounts,
} from './redis-connection-counts.ts'

expectNoLeaks()

const log = createLogger({ name: 'test', level: 'silent' })
const parts: Part[] = []
let server: RedisServer

beforeAll(async () => {
  server = await RedisServer.start()
})

afterAll(async () => {
  for (const part of parts.toReversed()) await part.stop()
  await server.stop()
})

interface Process {
  readonly counts: RedisConnectionCounts
  readonly lease: NodeLease
  readonly redis: RedisConnection
}

async function start(keyPrefix: string): Promise<Process> {
  const redis = createRedis({ url: server.url, log, keyPrefix })
  const lease = createNodeLease({ redis, node: 'host', clock, leaseMs: 400 })
  const counts = createRedisConnectionCounts({ redis, lease, clock })
  for (const part of [redis, lease, counts]) {
    await part.start()
    parts.push(part)
  }
  return { redis, lease, counts }
}

/** Two processes that know of each other. */
async function two(): Promise<[Process, Process]> {
  const prefix = randomUUID()
  const processes: [Process, Process] = [await start(prefix), await start(prefix)]
  for (const { lease } of processes) await lease.refresh()
  return processes
}

describeConnectionCounts(
  'connection counts in Redis',
  async () => (await start(randomUUID())).counts,
)

test('two processes let in as many as may be, together', async () => {
  const [one, other] = await two()
  const entered = await Promise.all(
    [one, other, one, other, one, other].map(async ({ counts }) => await counts.enter('ann', 4)),
  )
  expect(entered.filter(Boolean)).toHaveLength(4)
  other.counts.leave('ann')
  await waitFor(async () => await one.counts.enter('ann', 4))
  expect(await other.counts.enter('ann', 4)).toBe(false)
})

test('what the others hold is told with what is held here, by a process that holds nothing too', async () => {
  const [one, other] = await two()
  one.counts.add('ann')
  other.counts.add('ann')
  expect(await other.counts.enter('bob', 5)).toBe(true)
  await waitFor(async () => (await one.redis.client.hlen('connections:ann')) === 2)
  expect(await one.counts.held(['ann', 'bob', 'carl'])).toEqual([2, 1, 0])
  expect(await other.counts.held(['carl', 'bob', 'ann'])).toEqual([0, 1, 2])
  await other.redis.stop()
  await waitFor(async () => (await one.counts.held(['ann', 'bob'])).join() === '1,0')
})

test('the connections of a process that died make room within its lease', async () => {
  const [one, other] = await two()
  expect(await other.counts.enter('ann', 1)).toBe(true)
  expect(await one.counts.enter('ann', 1)).toBe(false)
  await other.redis.stop()
  await waitFor(async () => await one.counts.enter('ann', 1))
})

test('in whatever order two processes let in and let go, Redis has in the end what they hold', async () => {
  const [one, other] = await two()
  const keys = ['ann', 'bob'] as const
  const happenings = fc.array(
    fc.record({
      process: fc.constantFrom(one, other),
      key: fc.constantFrom(...keys),
      does: fc.constantFrom('enter', 'add', 'leave', 'pause'),
    }),
    { maxLength: 40 },
  )
  await fc.assert(
    fc.asyncProperty(happenings, fc.integer({ min: 1, max: 4 }), async (all, max) => {
      const held: Process['counts'][][] = keys.map(() => [])
      const of = (key: (typeof keys)[number]) => held[keys.indexOf(key)] ?? []
      const entering: Promise<void>[] = []
      const enter = async (counts: Process['counts'], key: (typeof keys)[number]) => {
        if (await counts.enter(key, max)) of(key).push(counts)
      }
      for (const { process, key, does } of all) {
        if (does === 'pause') await process.redis.client.ping()
        else if (does === 'enter') entering.push(enter(process.counts, key))
        else if (does === 'add') {
          process.counts.add(key)
          of(key).push(process.counts)
        } else of(key).pop()?.leave(key)
      }
      await Promise.all(entering)
      const expected = held.map((holders) => holders.length)
      for (const { counts } of [one, other]) {
        await waitFor(async () => (await counts.held(keys)).join() === expected.join())
      }
      for (const key of keys) for (const counts of of(key).splice(0)) counts.leave(key)
      const stored = async () =>
        await Promise.all(keys.map((key) => one.redis.client.hlen(`connections:${key}`)))
      await waitFor(async () => (await stored()).join() === '0,0')
    }),
    { numRuns: 60 },
  )
})

test('nothing is left in Redis of whoever was refused, however many were at once', async () => {
  const [one, other] = await two()
  for (let times = 0; times < 2; times += 1) await one.counts.enter('ann', 2)
  const entering = Array.from({ length: 2 }, async () => await other.counts.enter('ann', 2))
  expect(await Promise.all(entering)).toEqual([false, false])
  await waitFor(async () => (await one.redis.client.hlen('connections:ann')) === 1)
})

test('nothing is left in Redis of whoever has left', async () => {
  const { redis, counts } = await start(randomUUID())
  await counts.enter('ann', 3)
  expect(await redis.client.exists('connections:ann')).toBe(1)
  counts.leave('ann')
  await waitFor(async () => (await redis.client.exists('connections:ann')) === 0)
})

test('without Redis each process counts its own, and together again once it is back', async () => {
  const [one, other] = await two()
  await one.counts.enter('ann', 3)
  await server.kill()
  await waitFor(() => !one.redis.ready() && !other.redis.ready())
  expect(await one.counts.enter('ann', 3)).toBe(true)
  expect(await other.counts.enter('ann', 3)).toBe(true)
  for (let times = 0; times < 4; times += 1) await one.counts.enter('bob', 3)
  expect(await one.counts.enter('bob', 3)).toBe(false)
  await expect(one.counts.held(['ann'])).rejects.toThrow('Redis is away')
  await server.startAgain()
  await waitFor(async () => (await one.redis.client.hvals('connections:ann')).length === 2)
  await waitFor(() => one.lease.others().length === 1 && other.lease.others().length === 1)
  // A process that was late with its short lease counts as gone for a moment.
  await waitFor(async () => !(await other.counts.enter('ann', 3)))
})
