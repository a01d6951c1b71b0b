// Who a token speaks for.
import type { Identity } from '../../protocol/identity.ts'

export type TokenVerdict =
  | { readonly valid: true; readonly identity: Identity }
  /** `expired` may be refreshed by the client; `invalid` may not. `says` is fit for a client's eyes. */
  | { readonly valid: false; readonly fault: 'expired' | 'invalid'; readonly says: string }

export type SubscriptionVerdict =
  | {
      readonly valid: true
      readonly userId: string
      readonly channel: string
      readonly expiresAtMs: number
    }
  | { readonly valid: false; readonly fault: 'expired' | 'invalid'; readonly says: string }

export interface TokenVerifier {
  /** Verifies a connection token. A token seen before costs a look-up. Never throws. */
  verify(token: string): Promise<TokenVerdict>
  /** Verifies a subscription token (`sub`, `channel`, `exp`). */
  verifySubscription(token: string): Promise<SubscriptionVerdict>
}
