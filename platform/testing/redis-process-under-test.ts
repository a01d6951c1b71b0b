// A process for the tests of what stands on Redis: it watches a lot, holds a connection and takes points,
// on the Redis that the first argument names, and then stays until it is killed.
import { createRedisConnectionCounts } from '../connections/redis-connection-counts.ts'
import { createRedisLimits } from '../limits/redis-limits.ts'
import { createLogger } from '../log.ts'
import { createRedisPresence } from '../presence/redis-presence.ts'
import { createRedis } from '../redis/connection.ts'
import { createNodeLease } from '../redis/node-lease.ts'
import { systemClock as clock } from '../system-clock.ts'

const log = createLogger({ name: 'process', level: 'silent' })
const redis = createRedis({ url: process.argv[2] ?? '', log })
const lease = createNodeLease({ redis, node: 'child', clock })
const presence = createRedisPresence({ redis, lease, clock })
const connections = createRedisConnectionCounts({ redis, lease, clock })
const limits = createRedisLimits({ quota: { points: 30, windowMs: 3_600_000 } }, redis, { clock })

for (const part of [redis, lease, presence, connections]) await part.start()
presence.join('lot:1', { client: 'c1', user: 'ann' })
await connections.enter('ann', 1)
for (let taken = 0; taken < 20; taken += 1) await limits.take('quota', 'ann')
process.stdout.write('ready\n')
// The connection keeps it alive.
