// Pushes for tests of what carries them.
import type { DeviceAddress, FcmMessage } from '../ports/push-service.ts'

/** An alert that says `body`. */
export function alert(key: string, body = 'hello', tag?: string): FcmMessage {
  return {
    data: { key, type: 'message' },
    notification: { title: 'Ann', body },
    android: { priority: 'high', ttlMs: 86_400_000, ...(tag === undefined ? {} : { tag }) },
    apns: {
      pushType: 'alert',
      priority: 10,
      expirationS: 2_000_000_000,
      ...(tag === undefined ? {} : { collapseId: tag }),
    },
    webpush: { ttlS: 86_400, urgency: 'high', ...(tag === undefined ? {} : { tag }) },
  }
}

export const to = (token: string, kind: DeviceAddress['kind'] = 'token'): DeviceAddress => ({
  kind,
  token,
})
