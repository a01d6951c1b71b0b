// Limits counted over all processes, in Redis. While Redis is away each process counts for itself.
//
// What is exact, and what is not:
// - A quota (a window of more than ten seconds) is exact: each point is taken from Redis.
// - A rate (a shorter window) is one that people stay far below, so each process gives the first quarter
//   of a window's points without asking, then a quarter of the burst, and takes the rest from Redis a
//   quarter at a time. By itself a process never gives more than the limit. Over n processes a window can
//   let through up to n − 1 quarters too many (by whoever spreads over all of them), or refuse up to n − 1
//   quarters too early (which other processes hold). Who is fast within the rate may find that quarter of
//   the burst spent.
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
/** What a process gives of a rate by itself, and what it takes from Redis at a time. */
const share = 1 / 4

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
    take(name, key, about = '') {
      const buckets = bucketsByName.get(name)
      return buckets === undefined ? allowed : takeOf(buckets, key, about, clock.nowMs())
    },
  }
}

/**
 * What is held here of the rate, then of the burst, and only then what others have to be asked for. Most people who
 * are fast are so for a moment: of the bids of people ten times as fast as real ones 6.4 in a hundred asked Redis
 * while the burst came last, and not one in a thousand now.
 */
function takeOf(
  { rate, burst }: Buckets,
  key: string,
  about: string,
  nowMs: number,
): LimitVerdict | Promise<LimitVerdict> {
  if (burst === undefined) return rate.take(key, about, nowMs)
  if (rate.give(key, about, nowMs) || burst.give(key, about, nowMs)) return allowed
  const byRate = rate.take(key, about, nowMs)
  const orBurst = (verdict: LimitVerdict) =>
    verdict.allowed ? verdict : orByBurst(verdict, burst.take(key, about, nowMs))
  return byRate instanceof Promise ? byRate.then(orBurst) : orBurst(byRate)
}

function orByBurst(
  byRate: Refusal,
  byBurst: LimitVerdict | Promise<LimitVerdict>,
): LimitVerdict | Promise<LimitVerdict> {
  if (byBurst instanceof Promise) return byBurst.then((verdict) => sooner(byRate, verdict))
  return sooner(byRate, byBurst)
}

function sooner(byRate: Refusal, byBurst: LimitVerdict): LimitVerdict {
  if (byBurst.allowed) return byBurst
  return { allowed: false, retryAfterMs: Math.min(byRate.retryAfterMs, byBurst.retryAfterMs) }
}

type Refusal = Extract<LimitVerdict, { readonly allowed: false }>

function bucketsOf(name: string, limit: Limit, counting: Counting): Buckets {
  const { points, windowMs, burst } = limit
  const rate = leased(`limit:${name}`, { points, windowMs }, counting)
  if (burst === undefined) return { rate }
  const burstLimit = { points: burst, windowMs: windowMs * windowsPerBurst }
  return { rate, burst: leased(`burst:${name}`, burstLimit, counting) }
}

function leased(keyPrefix: string, { points, windowMs }: Limit, counting: Counting): LeasedPoints {
  const { redis, clock, isRate, onAsked } = counting
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
      consume(key, about, taken) {
        onAsked()
        return limiter.consume(about === '' ? key : `${about.length}:${about}:${key}`, taken)
      },
    },
    points,
    windowMs,
    own: isRate ? Math.max(1, Math.floor(points * share)) : 0,
    chunk: isRate ? Math.ceil(points * share) : 1,
    clock,
  })
}
