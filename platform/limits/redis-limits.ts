// Limits counted over all processes, in Redis. While Redis is away each process counts for itself.
//
// What is exact, and what is not:
// - A quota (a window of more than ten seconds) is exact: each point is taken from Redis.
// - A rate (a shorter window) is one that people stay far below, so each process gives the first quarter
//   of a window's points without asking, and takes the rest from Redis an eighth at a time. By itself a
//   process never gives more than the limit. Over n processes a window can let through up to n − 1
//   quarters too many (by whoever spreads over all of them), or refuse up to n − 1 eighths too early
//   (which other processes hold).
// - When Redis goes away or comes back, a window may be counted twice.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible'
import type { Clock } from '../clock.ts'
import type { Registry } from '../metrics.ts'
import type { RedisConnection } from '../redis/connection.ts'
import { LeasedPoints } from './leased-points.ts'
import type { Limit, Limits, LimitVerdict } from './limits.ts'
import { createLimitsMetrics } from './limits-metrics.ts'
import { windowsPerBurst } from './memory-limits.ts'
import type { LimitSetting } from './parse-limit.ts'

export interface RedisLimitsOptions {
  readonly clock: Clock
  readonly metrics?: Registry
}

/** The longest window in which a burst over the limit by some processes harms nobody. */
const rateWindowMsMax = 10_000
const ownShare = 1 / 4
const chunkShare = 1 / 8

const takePoints = readFileSync(join(import.meta.dirname, 'redis-limits.lua'), 'utf8')

const allowed: LimitVerdict = { allowed: true }

interface Buckets {
  readonly rate: LeasedPoints
  readonly burst?: LeasedPoints
}

/** What one limit is counted with. */
interface Counting {
  readonly redis: RedisConnection
  readonly clock: Clock
  readonly isRate: boolean
  readonly onAsked: () => void
}

/** Limits by name; one that is `off` always allows. */
export function createRedisLimits<Name extends string>(
  table: Readonly<Record<Name, LimitSetting>>,
  redis: RedisConnection,
  { clock, metrics }: RedisLimitsOptions,
): Limits<Name> {
  const asked = metrics === undefined ? undefined : createLimitsMetrics(metrics).asked
  const bucketsByName = new Map<Name, Buckets>()
  for (const name in table) {
    const limit = table[name]
    if (limit === 'off') continue
    const isRate = limit.windowMs <= rateWindowMsMax
    const onAsked = () => asked?.inc({ limit: name })
    bucketsByName.set(name, bucketsOf(name, limit, { redis, clock, isRate, onAsked }))
  }
  return {
    take(name, key) {
      const buckets = bucketsByName.get(name)
      return buckets === undefined ? allowed : takeOf(buckets, key)
    },
  }
}

function takeOf(buckets: Buckets, key: string): LimitVerdict | Promise<LimitVerdict> {
  const byRate = buckets.rate.take(key)
  if (!(byRate instanceof Promise) && byRate.allowed) return byRate
  return takeAfterAsking(buckets, key, byRate)
}

async function takeAfterAsking(
  { burst }: Buckets,
  key: string,
  rateVerdict: LimitVerdict | Promise<LimitVerdict>,
): Promise<LimitVerdict> {
  const byRate = await rateVerdict
  if (byRate.allowed || burst === undefined) return byRate
  const byBurst = await burst.take(key)
  if (byBurst.allowed) return byBurst
  return { allowed: false, retryAfterMs: Math.min(byRate.retryAfterMs, byBurst.retryAfterMs) }
}

function bucketsOf(name: string, limit: Limit, counting: Counting): Buckets {
  const { points, windowMs, burst } = limit
  const rate = leased(`limit:${name}`, { points, windowMs }, counting)
  if (burst === undefined) return { rate }
  const burstLimit = { points: burst, windowMs: windowMs * windowsPerBurst }
  return { rate, burst: leased(`burst:${name}`, burstLimit, counting) }
}

function leased(keyPrefix: string, { points, windowMs }: Limit, counting: Counting): LeasedPoints {
  const { redis, clock, isRate, onAsked } = counting
  const share = (part: number) => Math.max(1, Math.floor(points * part))
  const limiter = new RateLimiterRedis({
    storeClient: redis.client,
    keyPrefix,
    points,
    // In milliseconds, which is what the script takes it for; of itself the library counts in whole seconds.
    duration: windowMs,
    customIncrTtlLuaScript: takePoints,
    rejectIfRedisNotReady: true,
    insuranceLimiter: new RateLimiterMemory({ points, duration: windowMs / 1_000, keyPrefix }),
  })
  return new LeasedPoints({
    counter: {
      consume(key, taken) {
        onAsked()
        return limiter.consume(key, taken)
      },
    },
    points,
    windowMs,
    own: isRate ? share(ownShare) : 0,
    chunk: isRate ? share(chunkShare) : 1,
    clock,
  })
}
