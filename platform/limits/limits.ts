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
   *
   * @param about what the key is counted for by itself, such as a lot; a limit is taken either always with it
   *   or never. Apart from the key, because a text made of both would be made and hashed anew for each take:
   *   without that a bid's two look-ups take 0.45 of the time.
   */
  take(name: Name, key: string, about?: string): LimitVerdict | Promise<LimitVerdict>
}
