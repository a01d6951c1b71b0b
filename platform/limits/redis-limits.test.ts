import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLogger } from '../log.ts'
import { createMetrics, type Registry } from '../metrics.ts'
import { createRedis, type RedisConnection } from '../redis/connection.ts'
import { RedisServer } from '../servers/redis-server.ts'
import { systemClock as clock } from '../system-clock.ts'
import { expectNoLeaks } from '../testing/leak-check.ts'
import { waitFor } from '../testing/wait-for.ts'
import { describeLimits } from './limits.contract.ts'
import type { Limit, Limits } from './limits.ts'
import { createRedisLimits } from './redis-limits.ts'

expectNoLeaks()

const log = createLogger({ name: 'test', level: 'silent' })
const connections: RedisConnection[] = []
let server: RedisServer

beforeAll(async () => {
  server = await RedisServer.start()
})

afterAll(async () => {
  for (const redis of connections) await redis.stop()
  await server.stop()
})

/** A connection as another process has it; those with the same prefix share what they count. */
async function connect(keyPrefix: string = randomUUID()): Promise<RedisConnection> {
  const redis = createRedis({ url: server.url, log, keyPrefix })
  connections.push(redis)
  await redis.start()
  return redis
}

async function allowedOf<Name extends string>(
  limits: Limits<Name>,
  name: Name,
  times: number,
): Promise<number> {
  let count = 0
  for (let taken = 0; taken < times; taken += 1) {
    if ((await limits.take(name, 'ann')).allowed) count += 1
  }
  return count
}

async function askedOf(metrics: Registry) {
  const asked = await metrics.getSingleMetric('outcry_limits_asked_total')?.get()
  return asked?.values
}

async function commandsOf(redis: RedisConnection): Promise<number> {
  const stats = await redis.client.info('stats')
  return Number(/^total_commands_processed:(\d+)/m.exec(stats)?.[1])
}

describeLimits('limits in Redis', async (table) =>
  createRedisLimits(table, await connect(), { clock }),
)

async function twoProcesses<Name extends string>(
  table: Readonly<Record<Name, Limit>>,
): Promise<[Limits<Name>, Limits<Name>]> {
  const prefix = randomUUID()
  return [
    createRedisLimits(table, await connect(prefix), { clock }),
    createRedisLimits(table, await connect(prefix), { clock }),
  ]
}

describe('over two processes', () => {
  test('a quota is exact, however the takes fall', async () => {
    const [one, other] = await twoProcesses({ quota: { points: 30, windowMs: 3_600_000 } })
    const verdicts = await Promise.all(
      Array.from({ length: 50 }, () => [
        Promise.resolve(one.take('quota', 'ann')),
        Promise.resolve(other.take('quota', 'ann')),
      ]).flat(),
    )
    expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(30)
  })

  test('a burst on a quota is exact, too', async () => {
    const [one, other] = await twoProcesses({
      quota: { points: 2, windowMs: 3_600_000, burst: 4 },
    })
    expect(await allowedOf(one, 'quota', 4)).toBe(4)
    expect(await allowedOf(other, 'quota', 4)).toBe(2)
  })

  test('a rate that one has used up lets the other give its own quarter, and no more', async () => {
    const [one, other] = await twoProcesses({ rate: { points: 40, windowMs: 10_000 } })
    expect(await allowedOf(one, 'rate', 100)).toBe(40)
    expect(await allowedOf(other, 'rate', 100)).toBe(10)
  })

  test('a burst that one has used up lets the other give its own quarters, and no more', async () => {
    const table = { rate: { points: 40, windowMs: 10_000, burst: 80 } } as const
    const [one, other] = await twoProcesses(table)
    expect(await allowedOf(one, 'rate', 200)).toBe(40 + 80)
    expect(await allowedOf(other, 'rate', 200)).toBe(10 + 20)
  })

  test('a rate taken in turns is exceeded by a quarter at most, and undercut by no more', async () => {
    const [one, other] = await twoProcesses({ rate: { points: 40, windowMs: 10_000 } })
    let count = 0
    for (let turns = 0; turns < 60; turns += 1) {
      count += (await allowedOf(one, 'rate', 1)) + (await allowedOf(other, 'rate', 1))
    }
    expect(count).toBeGreaterThanOrEqual(40 - 10)
    expect(count).toBeLessThanOrEqual(40 + 10)
  })
})

describe('the cost', () => {
  test('who stays below a quarter of a rate never costs Redis a command', async () => {
    const redis = await connect()
    const limits = createRedisLimits({ rate: { points: 8, windowMs: 10_000 } }, redis, { clock })
    const before = await commandsOf(redis)
    for (let user = 0; user < 100; user += 1) {
      for (let taken = 0; taken < 2; taken += 1) await limits.take('rate', `user ${user}`)
    }
    // Of the two questions for the count, one is counted.
    expect((await commandsOf(redis)) - before).toBe(1)
  })

  test('who is fast for a moment is given of the burst before Redis is asked', async () => {
    const redis = await connect()
    const table = { rate: { points: 5, windowMs: 10_000, burst: 10 } } as const
    const metrics = createMetrics({ role: 'test', ofProcess: false })
    const limits = createRedisLimits(table, redis, { clock, metrics })
    const verdicts = Array.from({ length: 3 }, () => limits.take('rate', 'ann', 'lamp'))
    expect(verdicts).toEqual(Array.from(verdicts, () => ({ allowed: true })))
    expect(await askedOf(metrics)).toEqual([])
    let allowed = verdicts.length
    for (let taken = 0; taken < 30; taken += 1) {
      if ((await limits.take('rate', 'ann', 'lamp')).allowed) allowed += 1
    }
    expect(allowed).toBe(5 + 10)
  })

  test('a refusal that is known here waits for nobody', async () => {
    const table = { rate: { points: 5, windowMs: 10_000, burst: 10 } } as const
    const limits = createRedisLimits(table, await connect(), { clock })
    await allowedOf(limits, 'rate', 20)
    expect(limits.take('rate', 'ann')).toMatchObject({ allowed: false })
  })

  test('of a generous limit that is used up, less than one take in a hundred reaches Redis', async () => {
    const redis = await connect()
    const limits = createRedisLimits({ rate: { points: 4_000, windowMs: 10_000 } }, redis, {
      clock,
    })
    const before = await commandsOf(redis)
    expect(await allowedOf(limits, 'rate', 6_000)).toBe(4_000)
    // Each script counts as the command that runs it and the three that it runs.
    expect((await commandsOf(redis)) - before - 1).toBeLessThan(4 * 40)
  })

  test('who is refused costs Redis nothing until the window ends', async () => {
    const redis = await connect()
    const limits = createRedisLimits({ quota: { points: 1, windowMs: 3_600_000 } }, redis, {
      clock,
    })
    await allowedOf(limits, 'quota', 2)
    const before = await commandsOf(redis)
    expect(await allowedOf(limits, 'quota', 50)).toBe(0)
    expect((await commandsOf(redis)) - before).toBe(1)
  })
})

test('what is asked of Redis is counted, by limit', async () => {
  const metrics = createMetrics({ role: 'test', ofProcess: false })
  const table = {
    rate: { points: 8, windowMs: 10_000 },
    quota: { points: 8, windowMs: 3_600_000 },
  } as const
  const limits = createRedisLimits(table, await connect(), { clock, metrics })
  await allowedOf(limits, 'rate', 2)
  await allowedOf(limits, 'quota', 3)
  expect(await askedOf(metrics)).toMatchObject([{ labels: { limit: 'quota' }, value: 3 }])
})

test('nothing stays in Redis for longer than its window', async () => {
  const redis = await connect()
  const limits = createRedisLimits({ quick: { points: 1, windowMs: 40, burst: 1 } }, redis, {
    clock,
  })
  await allowedOf(limits, 'quick', 4)
  await waitFor(async () => (await redis.client.exists('limit:quick:ann', 'burst:quick:ann')) === 0)
})

test('without Redis each process counts for itself, and together again once it is back', async () => {
  const table = { quota: { points: 3, windowMs: 3_600_000 } } as const
  const [redis, another] = [await connect(), await connect()]
  const limits = createRedisLimits(table, redis, { clock })
  expect((await limits.take('quota', 'bob')).allowed).toBe(true)
  await server.kill()
  await waitFor(() => !redis.ready() && !another.ready())
  expect(await allowedOf(limits, 'quota', 5)).toBe(3)
  expect(await allowedOf(createRedisLimits(table, another, { clock }), 'quota', 5)).toBe(3)
  await server.startAgain()
  await waitFor(() => redis.ready())
  await limits.take('quota', 'carl')
  expect(await redis.client.get('limit:quota:carl')).toBe('1')
})

test('a Redis that hangs keeps nobody from being counted', async () => {
  const redis = await connect()
  const limits = createRedisLimits({ quota: { points: 3, windowMs: 3_600_000 } }, redis, { clock })
  server.freeze()
  try {
    expect(await allowedOf(limits, 'quota', 5)).toBe(3)
  } finally {
    server.thaw()
  }
})
