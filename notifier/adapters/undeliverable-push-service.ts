// Where no push service is configured nothing is sent, and every push is known to be undeliverable.
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import type { PushService } from '../ports/push-service.ts'

/** Says so once, when it starts. */
export function createUndeliverablePushService(log: Logger): PushService & Part {
  return {
    name: 'pushes',
    async start() {
      log.warn(
        'no pushes are sent: GOOGLE_APPLICATION_CREDENTIALS names no Firebase service account',
      )
    },
    async drain() {},
    async stop() {},
    send: async () => ({ type: 'undeliverable' }),
  }
}
