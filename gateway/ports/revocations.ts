// Tokens which were valid and no longer are. A token cannot be taken back, so each gateway remembers what
// was revoked and holds every token against it.
import type { Identity } from '../../protocol/identity.ts'
import type { Revocation } from '../../protocol/notifications.ts'
import type { Unlisten } from './event-source.ts'

export interface Revocations {
  /** Holds here at once, and soon on every other gateway, also on one that starts later. */
  post(revocation: Revocation): void
  /** Whether the token of `identity` was revoked. One that does not say when it was issued is, if any is. */
  covers(identity: Identity): boolean
  /** Hears of each revocation that is new here from now on, wherever it was posted. */
  listen(handler: (revocation: Revocation) => void): Unlisten
}
