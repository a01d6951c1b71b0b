// Who a token speaks for.
import type { Identity } from '../../protocol/identity.ts'

/**
 * `expired` may be refreshed by the client, `invalid` may not; `unavailable`: the keys could not be
 * fetched, so nothing is known and the same token may do later.
 */
export interface TokenRefused {
  readonly valid: false
  readonly fault: 'expired' | 'invalid' | 'unavailable'
  /** Why, fit for a client's eyes. */
  readonly says: string
}

export type TokenVerdict = { readonly valid: true; readonly identity: Identity } | TokenRefused

export type SubscriptionVerdict =
  | {
      readonly valid: true
      readonly userId: string
      readonly channel: string
      readonly expiresAtMs: number
    }
  | TokenRefused

export interface TokenVerifier {
  /** Verifies a connection token. Never throws. */
  verify(token: string): Promise<TokenVerdict>
  /** Verifies a subscription token (`sub`, `channel`, `exp`). */
  verifySubscription(token: string): Promise<SubscriptionVerdict>
}
