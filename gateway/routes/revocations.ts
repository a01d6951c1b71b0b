// Tokens which were valid and no longer are. A token cannot be taken back, so each gateway remembers
// what was revoked and holds every token against it.
import type { Identity } from '../../protocol/identity.ts'
import type { Revocation } from '../../protocol/notifications.ts'
import { revocationsMax } from '../limits.ts'

export interface Revocations {
  add(revocation: Revocation): void
  /** Whether the token of `identity` was revoked. One that does not say when it was issued is, if any is. */
  covers(identity: Identity): boolean
}

export function createRevocations(): Revocations {
  const before = new Map<string, number>()
  const covered = (key: string, issuedAtMs: number): boolean =>
    issuedAtMs < (before.get(key) ?? Number.NEGATIVE_INFINITY)
  return {
    add(revocation) {
      const key = keyOf(revocation.userId, revocation.deviceId)
      const beforeMs = Math.max(revocation.beforeMs, before.get(key) ?? 0)
      before.delete(key)
      before.set(key, beforeMs)
      if (before.size <= revocationsMax) return
      for (const oldest of before.keys()) {
        before.delete(oldest)
        break
      }
    },
    covers({ userId, deviceId, issuedAtMs = Number.NEGATIVE_INFINITY }) {
      if (before.size === 0) return false
      if (covered(keyOf(userId, undefined), issuedAtMs)) return true
      return deviceId !== undefined && covered(keyOf(userId, deviceId), issuedAtMs)
    },
  }
}

/** User ids hold no `:`, so the first one divides. */
function keyOf(userId: string, deviceId: string | undefined): string {
  return deviceId === undefined ? userId : `${userId}:${deviceId}`
}
