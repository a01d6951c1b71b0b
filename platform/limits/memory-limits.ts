// Limits counted in this process: what one process alone sees, and what counts while Redis is away.
import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Limit, Limits, LimitVerdict } from './limits.ts'
import type { LimitSetting } from './parse-limit.ts'

/** The burst is given again after this many windows, so that it is an exception and not the rate. */
export const windowsPerBurst = 10

const allowed: LimitVerdict = { allowed: true }
const alwaysAllowed: Promise<LimitVerdict> = Promise.resolve(allowed)
const allow = (): LimitVerdict => allowed

type Limiter = RateLimiterMemory | BurstyRateLimiter

/** Limits by name; one that is `off` always allows. */
export function createMemoryLimits<Name extends string>(
  table: Readonly<Record<Name, LimitSetting>>,
): Limits<Name> {
  const limiters = new Map<Name, Limiter>()
  for (const name in table) {
    const setting = table[name]
    if (setting !== 'off') limiters.set(name, limiterOf(setting))
  }
  return {
    take(name, key) {
      const limiter = limiters.get(name)
      if (limiter === undefined) return alwaysAllowed
      return limiter.consume(key).then(allow, refused)
    },
  }
}

function limiterOf({ points, windowMs, burst }: Limit): Limiter {
  const rate = counter(points, windowMs)
  if (burst === undefined) return rate
  return new BurstyRateLimiter(rate, counter(burst, windowMs * windowsPerBurst))
}

/** Each counter has its own store: without a prefix no key is put together anew for each command. */
function counter(points: number, windowMs: number): RateLimiterMemory {
  return new RateLimiterMemory({ points, duration: windowMs / 1_000, keyPrefix: '' })
}

/** The library rejects with its count where the limit is reached, and with an error where it fails. */
function refused(reason: unknown): LimitVerdict {
  if (!(reason instanceof RateLimiterRes)) throw reason
  return { allowed: false, retryAfterMs: Math.max(1, Math.ceil(reason.msBeforeNext)) }
}
