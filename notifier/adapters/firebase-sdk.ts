// The SDK, opened for one project.
import type { Agent } from 'node:https'
import { type App, cert, deleteApp, initializeApp } from 'firebase-admin/app'
import { getMessaging } from 'firebase-admin/messaging'
import type { Clock } from '../../platform/clock.ts'
import type { PushTarget } from '../config.ts'
import type { DeviceAddress, FcmMessage } from '../ports/push-service.ts'
import { fcmAgent, standInAgent } from './firebase-agent.ts'
import { withoutRetries } from './firebase-attempts.ts'
import { readServiceAccount } from './firebase-credentials.ts'
import { messageOf } from './firebase-message.ts'

export interface Firebase {
  /** Never rejects: what the SDK throws, or what it would wait for, is `failed`. */
  send(push: FcmMessage, to: DeviceAddress, withinMs: number): Promise<Sent>
  close(): Promise<void>
}

export type Sent =
  | { readonly type: 'accepted'; readonly messageId: string }
  | { readonly type: 'failed'; readonly error: unknown }

/** @throws ConfigError where the service account cannot be used */
export async function openFirebase(
  target: Exclude<PushTarget, { readonly type: 'none' }>,
  { clock, socketsMax }: { readonly clock: Clock; readonly socketsMax: number },
): Promise<Firebase> {
  const { app, agent } = await openApp(target, socketsMax)
  const messaging = getMessaging(app)
  const underWay = new Set<() => void>()
  return {
    send: (push, to, withinMs) =>
      new Promise((resolve) => {
        const sending = {
          isOver: false,
          onUnavailable: (retryAfter: string | undefined) => end(failed(unavailable(retryAfter))),
        }
        const giveUp = () => end(failed(new Error('no answer in time')))
        const timer = clock.after(withinMs, giveUp)
        const end = (sent: Sent): void => {
          sending.isOver = true
          timer.cancel()
          underWay.delete(giveUp)
          resolve(sent)
        }
        underWay.add(giveUp)
        withoutRetries(sending, clock, async () => await messaging.send(messageOf(push, to))).then(
          (messageId) => end({ type: 'accepted', messageId }),
          (error: unknown) => end(failed(error)),
        )
      }),
    async close() {
      for (const giveUp of underWay) giveUp()
      agent.destroy()
      await deleteApp(app)
    },
  }
}

const failed = (error: unknown): Sent => ({ type: 'failed', error })

/** As the SDK would throw it, had it not asked again. */
function unavailable(retryAfter: string | undefined): unknown {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter }
  return { httpResponse: { status: 503, headers } }
}

/** Names of apps are global to the process, and several notifiers may live in one. */
let appsOpened = 0

async function openApp(
  target: Exclude<PushTarget, { readonly type: 'none' }>,
  socketsMax: number,
): Promise<{ readonly app: App; readonly agent: Agent }> {
  const name = `outcry-${++appsOpened}`
  if (target.type === 'stand_in') {
    const agent = standInAgent(target.endpoint, socketsMax)
    const options = { projectId: 'stand-in', credential: standInCredential, httpAgent: agent }
    return { app: initializeApp(options, name), agent }
  }
  const account = await readServiceAccount(target.credentialsFile, target.projectId)
  const agent = fcmAgent(socketsMax)
  const { projectId } = account
  return {
    app: initializeApp({ projectId, credential: cert(account, agent), httpAgent: agent }, name),
    agent,
  }
}

/** Whatever listens there gets no token of a real account. */
const standInCredential = {
  getAccessToken: async () => ({ access_token: 'stand-in', expires_in: 3_600 }),
}
