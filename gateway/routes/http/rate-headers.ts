// What a caller who is held back is told in headers.
import type { Limit } from '../../../platform/limits/limits.ts'
import type { GatewayLimit } from '../../limits.ts'

export type RateTable = Readonly<Record<GatewayLimit, Limit | 'off'>>

/** `Retry-After` and `RateLimit-*`, in whole seconds, for who ran into the limit `name`. */
export type RateHeaders = (
  name: GatewayLimit,
  retryAfterMs: number,
) => Readonly<Record<string, string>>

export function createRateHeaders(rates: RateTable): RateHeaders {
  return (name, retryAfterMs) => {
    // Rounded up: who comes back at the second named must not be early.
    const seconds = String(Math.max(1, Math.ceil(retryAfterMs / 1_000)))
    const limit = rates[name]
    if (limit === 'off') return { 'retry-after': seconds }
    return {
      'retry-after': seconds,
      'ratelimit-limit': String(limit.points),
      'ratelimit-remaining': '0',
      'ratelimit-reset': seconds,
    }
  }
}
