// One send, at most one request to FCM, but for a connection that broke while it idled. The SDK tries a 503
// and a broken connection four more times by itself, waiting up to a minute each time: it would hold its
// place in flight for minutes, and would ask while FCM wants to be left alone. Retries belong to the job,
// which knows of the pause, the quota and the circuit.
//
// The SDK has no setting for this. Node tells of every request that is begun and answered, in the context of
// whoever asked: https://nodejs.org/docs/latest-v22.x/api/diagnostics_channel.html#http
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Clock } from '../../platform/clock.ts'
import { secondTryMsMax } from '../limits.ts'

/** One push on its way. */
export interface Sending {
  /** Set once the outcome is known: no further request goes out for it. */
  isOver: boolean
  /** FCM is not available, and the SDK would now wait and ask again. */
  onUnavailable(retryAfter: string | undefined): void
}

export interface Attempts {
  /** Runs a send of the SDK under these rules. */
  within<T>(sending: Sending, send: () => Promise<T>): Promise<T>
  stop(): void
}

interface Tried extends Sending {
  attempts: number
  readonly beganAtMs: number
}

const fcmHost = 'fcm.googleapis.com'

/** Not among the codes that the SDK tries again. */
class NoFurtherAttempt extends Error {
  readonly code = 'ECANCELED'
}

export function watchAttempts(clock: Clock): Attempts {
  const underWay = new AsyncLocalStorage<Tried>()
  const tried = new WeakMap<ClientRequest, Tried>()

  const onStart = (event: unknown): void => {
    const { request } = event as { readonly request: ClientRequest }
    const sending = underWay.getStore()
    if (sending === undefined || request.host !== fcmHost) return
    if (mayTry(sending, clock.nowMs())) {
      sending.attempts += 1
      tried.set(request, sending)
    } else {
      request.destroy(new NoFurtherAttempt('this push is not tried again here'))
    }
  }
  const onFinish = (event: unknown): void => {
    const { request, response } = event as {
      readonly request: ClientRequest
      readonly response: IncomingMessage
    }
    if (response.statusCode !== 503) return
    tried.get(request)?.onUnavailable(response.headers['retry-after'])
  }
  subscribe('http.client.request.start', onStart)
  subscribe('http.client.response.finish', onFinish)

  return {
    within: (sending, send) =>
      underWay.run(Object.assign(sending, { attempts: 0, beganAtMs: clock.nowMs() }), send),
    stop() {
      unsubscribe('http.client.request.start', onStart)
      unsubscribe('http.client.response.finish', onFinish)
    },
  }
}

function mayTry({ isOver, attempts, beganAtMs }: Tried, nowMs: number): boolean {
  if (isOver) return false
  return attempts === 0 || (attempts === 1 && nowMs - beganAtMs <= secondTryMsMax)
}
