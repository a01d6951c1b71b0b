// Two processes of the system on one Redis, of which one ends by kill -9.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRedisConnectionCounts } from '../connections/redis-connection-counts.ts'
import type { Part } from '../lifecycle.ts'
import { createRedisLimits } from '../limits/redis-limits.ts'
import { createLogger } from '../log.ts'
import { createRedisPresence } from '../presence/redis-presence.ts'
import { RedisServer } from '../servers/redis-server.ts'
import { systemClock as clock } from '../system-clock.ts'
import { expectNoLeaks } from '../testing/leak-check.ts'
import { waitFor } from '../testing/wait-for.ts'
import { createRedis } from './connection.ts'
import { createNodeLease } from './node-lease.ts'

expectNoLeaks()

const program = fileURLToPath(new URL('../testing/redis-process-under-test.ts', import.meta.url))
const parts: Part[] = []
let server: RedisServer
let other: ChildProcess

beforeAll(async () => {
  server = await RedisServer.start()
  other = spawn(process.execPath, [program, server.url], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (other.stdout === null) throw new Error('the process has no output')
  const [said] = await once(other.stdout, 'data')
  expect(String(said)).toBe('ready\n')
})

afterAll(async () => {
  for (const part of parts.toReversed()) await part.stop()
  other.kill('SIGKILL')
  await server.stop()
})

test('a quota is shared, and what a process held is free some seconds after kill -9', async () => {
  const log = createLogger({ name: 'test', level: 'silent' })
  const redis = createRedis({ url: server.url, log })
  const lease = createNodeLease({ redis, node: 'here', clock })
  const presence = createRedisPresence({ redis, lease, clock })
  const connections = createRedisConnectionCounts({ redis, lease, clock })
  for (const part of [redis, lease, presence, connections]) {
    await part.start()
    parts.push(part)
  }
  const limits = createRedisLimits({ quota: { points: 30, windowMs: 3_600_000 } }, redis, { clock })
  let allowed = 0
  for (let taken = 0; taken < 30; taken += 1) {
    if ((await limits.take('quota', 'ann')).allowed) allowed += 1
  }
  expect(allowed).toBe(10)

  const watchers = async () => (await presence.counts('lot:1')).clients
  await waitFor(async () => (await watchers()) === 1)
  expect(await connections.enter('ann', 1)).toBe(false)

  const gone = once(other, 'exit')
  other.kill('SIGKILL')
  await gone
  await waitFor(async () => (await watchers()) === 0)
  await waitFor(async () => await connections.enter('ann', 1))
})
