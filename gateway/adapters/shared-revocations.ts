// Revocations, told on two ways of which one may be away: the bus is quick and tells those who listen, the
// cutoffs are asked for and tell those who come later. What is heard on the bus is raised as a cutoff
// again, so it is also passed on by gateways that have the way which whoever posted it had not.
import type { Bus, Unlisten } from '../../platform/bus/bus.ts'
import type { Cutoffs } from '../../platform/cutoffs/cutoffs.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Revocation } from '../../protocol/notifications.ts'
import { revocationsSubject } from '../../protocol/subjects.ts'
import type { Revocations } from '../ports/revocations.ts'

export interface SharedRevocationsOptions {
  readonly bus: Bus
  /** By user and device; what they forget is revoked no longer. */
  readonly cutoffs: Cutoffs
}

/** To be started before the first client is let in, and stopped after the last one is gone. */
export function createSharedRevocations({
  bus,
  cutoffs,
}: SharedRevocationsOptions): Revocations & Part {
  const raise = ({ userId, deviceId, beforeMs }: Revocation): void => {
    cutoffs.raise(keyOf(userId, deviceId), beforeMs)
  }
  let unlisten: Unlisten | undefined
  return {
    name: 'revocations',
    start: async () => {
      unlisten = await bus.listen(revocationsSubject, (said) => raise(said as Revocation))
    },
    drain: async () => {},
    stop: async () => unlisten?.(),
    post(revocation) {
      raise(revocation)
      bus.publish(revocationsSubject, revocation)
    },
    covers({ userId, deviceId, issuedAtMs = Number.NEGATIVE_INFINITY }) {
      const isCutOff = (key: string): boolean => issuedAtMs < cutoffs.at(key)
      if (isCutOff(keyOf(userId, undefined))) return true
      return deviceId !== undefined && isCutOff(keyOf(userId, deviceId))
    },
    listen: (handler) => cutoffs.listen((key, beforeMs) => handler({ ...holderOf(key), beforeMs })),
  }
}

/** User ids hold no `:`, so the first one divides. */
function keyOf(userId: string, deviceId: string | undefined): string {
  return deviceId === undefined ? userId : `${userId}:${deviceId}`
}

function holderOf(key: string): Pick<Revocation, 'userId' | 'deviceId'> {
  const colon = key.indexOf(':')
  if (colon < 0) return { userId: key }
  return { userId: key.slice(0, colon), deviceId: key.slice(colon + 1) }
}
