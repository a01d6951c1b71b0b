// Where a revocation is posted, so that every gateway reads it (`EventSource.listenRevocations`).
import type { Revocation } from '../../protocol/notifications.ts'

export interface RevocationBoard {
  post(revocation: Revocation): void
}
