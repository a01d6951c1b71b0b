import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Part } from '../lifecycle.ts'
import { createLogger } from '../log.ts'
import { RedisServer } from '../servers/redis-server.ts'
import { systemClock as clock } from '../system-clock.ts'
import { expectNoLeaks } from '../testing/leak-check.ts'
import { waitFor } from '../testing/wait-for.ts'
import { createRedis } from './connection.ts'
import { createNodeLease, type NodeLease } from './node-lease.ts'

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

/** A process with a lease; `die` ends it as a crash does. */
async function join(keyPrefix: string): Promise<NodeLease & { readonly die: () => Promise<void> }> {
  const redis = createRedis({ url: server.url, log, keyPrefix })
  const lease = createNodeLease({ redis, node: 'host', clock, leaseMs: 400 })
  parts.push(redis, lease)
  await redis.start()
  await lease.start()
  return Object.assign(lease, { die: () => redis.stop() })
}

test('processes know each other, and one that leaves is gone at once', async () => {
  const prefix = randomUUID()
  const [one, other] = [await join(prefix), await join(prefix)]
  const id = other.id ?? ''
  expect(id).toMatch(/^host\//)
  expect(id).not.toBe(one.id)
  await one.refresh()
  expect(one.isAlive(id)).toBe(true)
  await other.stop()
  await one.refresh()
  expect(one.isAlive(id)).toBe(false)
  expect(one.isAlive(one.id ?? '')).toBe(true)
})

test('one that dies without a word is gone after its lease', async () => {
  const prefix = randomUUID()
  const [one, other] = [await join(prefix), await join(prefix)]
  const id = other.id ?? ''
  await one.refresh()
  expect(one.isAlive(id)).toBe(true)
  await other.die()
  await waitFor(() => !one.isAlive(id))
})

test('whoever was taken for dead comes back under another name', async () => {
  const one = await join(randomUUID())
  const names = [one.id]
  one.onNewId(() => void names.push(one.id))
  await server.kill()
  await server.startAgain()
  await waitFor(() => names.length === 2)
  expect(names[1]).not.toBe(names[0])
  expect(one.isAlive(names[1] ?? '')).toBe(true)
  expect(one.isAlive(names[0] ?? '')).toBe(false)
})
