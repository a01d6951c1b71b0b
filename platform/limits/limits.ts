// The limits port: how often somebody may do something. Redis in a cluster, memory in one process.

/** `points` per `windowMs`; a burst of up to `burst` is let through before the rate counts. */
export interface Limit {
  readonly points: number
  readonly windowMs: number
  readonly burst?: number
}

export type LimitVerdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly retryAfterMs: number }

export interface Limits<Name extends string> {
  /**
   * Takes one point of `name` for `key` (a user id, an address), or says how long to wait. A promise only
   * where another process has to be asked, which is rare.
   */
  take(name: Name, key: string): LimitVerdict | Promise<LimitVerdict>
}
