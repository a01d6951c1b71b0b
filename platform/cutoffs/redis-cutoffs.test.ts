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
import { describeCutoffs } from './cutoffs.contract.ts'
import { createRedisCutoffs, type RedisCutoffs } from './redis-cutoffs.ts'

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
  readonly cutoffs: RedisCutoffs
  readonly redis: RedisConnection
  readonly heard: ReadonlyMap<string, number>
}

interface Keeping {
  readonly keepMs?: number
  readonly keysMax?: number
}

async function start(keyPrefix: string, keeping: Keeping = {}): Promise<Process> {
  const { keepMs = 3_600_000, keysMax = 10_000 } = keeping
  const heard = new Map<string, number>()
  const redis = createRedis({ url: server.url, log, keyPrefix })
  const lease = createNodeLease({ redis, node: 'host', clock, leaseMs: 400 })
  const cutoffs = createRedisCutoffs({
    of: 'revocations',
    redis,
    lease,
    clock,
    keepMs,
    keysMax,
  })
  cutoffs.listen((key, atMs) => void heard.set(key, atMs))
  for (const part of [redis, lease, cutoffs]) {
    await part.start()
    parts.push(part)
  }
  return { cutoffs, redis, heard }
}

describeCutoffs('cutoffs in Redis', async (keeping) => (await start(randomUUID(), keeping)).cutoffs)

test('a cutoff is heard here at once, elsewhere soon, and by whoever starts later', async () => {
  const prefix = randomUUID()
  const [one, other] = [await start(prefix), await start(prefix)]
  one.cutoffs.raise('ann', 1_000)
  expect(one.heard.get('ann')).toBe(1_000)
  await waitFor(() => other.heard.get('ann') === 1_000)
  const later = await start(prefix)
  expect(later.heard).toEqual(new Map([['ann', 1_000]]))
})

test('a cutoff never moves backwards', async () => {
  const prefix = randomUUID()
  const [one, other] = [await start(prefix), await start(prefix)]
  one.cutoffs.raise('ann', 2_000)
  await waitFor(() => other.heard.get('ann') === 2_000)
  other.cutoffs.raise('ann', 1_000)
  other.cutoffs.raise('bob', 1_000)
  await waitFor(() => one.heard.has('bob'))
  expect((await start(prefix)).heard.get('ann')).toBe(2_000)
  one.cutoffs.raise('ann', 3_000)
  await waitFor(() => other.heard.get('ann') === 3_000)
})

test('many are read in turns', async () => {
  const prefix = randomUUID()
  const one = await start(prefix)
  for (let nth = 0; nth < 2_500; nth += 1) one.cutoffs.raise(`user-${nth}`, nth + 1)
  await waitFor(async () => (await one.redis.client.hlen('{cutoffs:revocations}:at')) === 2_500)
  const later = await start(prefix)
  expect(later.heard.size).toBe(2_500)
})

test('what was raised longest ago is forgotten when it has lived, or where there are too many', async () => {
  const prefix = randomUUID()
  const one = await start(prefix, { keysMax: 3 })
  for (const key of ['a', 'b', 'c', 'd', 'e']) {
    one.cutoffs.raise(key, 1_000)
    const isTold = async () =>
      (await one.redis.client.hexists('{cutoffs:revocations}:at', key)) === 1
    await waitFor(isTold)
  }
  expect((await one.redis.client.hkeys('{cutoffs:revocations}:at')).toSorted()).toEqual([
    'c',
    'd',
    'e',
  ])
  const brief = await start(randomUUID(), { keepMs: 50 })
  brief.cutoffs.raise('ann', 1_000)
  await waitFor(() => brief.heard.has('ann'))
  await waitFor(async () => (await brief.redis.client.exists('{cutoffs:revocations}:at')) === 0)
})

test('what is raised while Redis is away, and what Redis has forgotten, is there once it is back', async () => {
  const prefix = randomUUID()
  const one = await start(prefix)
  one.cutoffs.raise('ann', 1_000)
  await server.kill()
  await waitFor(() => !one.redis.ready())
  one.cutoffs.raise('bob', 2_000)
  expect(one.heard.get('bob')).toBe(2_000)
  await server.startAgain()
  await waitFor(async () => (await one.redis.client.hlen('{cutoffs:revocations}:at')) === 2)
  expect((await start(prefix)).heard).toEqual(
    new Map([
      ['ann', 1_000],
      ['bob', 2_000],
    ]),
  )
})
