// One send, at most one request to FCM, but for a connection that broke while it idled. The SDK tries a 503
// and a broken connection four more times by itself, waiting up to a minute each time: it would hold its
// place in flight for minutes, and would ask while FCM wants to be left alone. Retries belong to the job,
// which knows of the pause, the quota and the circuit.
//
// The SDK has no setting for this. Node tells of every request that is made, before anything of it is sent,
// and of every answer: https://nodejs.org/docs/latest-v22.x/api/diagnostics_channel.html#http
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Clock } from '../../platform/clock.ts'
import { secondTryMsMax } from '../limits.ts'

/** One push on its way. */
export interface Sending {
  /** Whether the outcome is known: then no further request goes out for it. */
  isOver: boolean
  /** FCM is not available, and the SDK would now wait and ask again. */
  onUnavailable(retryAfter: string | undefined): void
}

interface Attempts {
  readonly sending: Sending
  readonly clock: Clock
  readonly beganAtMs: number
  count: number
}

const fcmHost = 'fcm.googleapis.com'

/** Not among the codes that the SDK tries again. */
class NoFurtherAttempt extends Error {
  readonly code = 'ECANCELED'
}

const underWay = new AsyncLocalStorage<Attempts>()
const attemptsOf = new WeakMap<ClientRequest, Attempts>()
let isWatching = false

/** Runs a send of the SDK, and refuses what it does beyond its first request. */
export async function withoutRetries<T>(
  sending: Sending,
  clock: Clock,
  send: () => Promise<T>,
): Promise<T> {
  watch()
  return await underWay.run({ sending, clock, beganAtMs: clock.nowMs(), count: 0 }, send)
}

/** Once and for ever: what the SDK left for later may come up when nobody sends any more. */
function watch(): void {
  if (isWatching) return
  isWatching = true
  subscribe('http.client.request.created', (event) => {
    onCreated(event as { readonly request: ClientRequest })
  })
  subscribe('http.client.response.finish', (event) => {
    onAnswered(event as { readonly request: ClientRequest; readonly response: IncomingMessage })
  })
}

function onCreated({ request }: { readonly request: ClientRequest }): void {
  const attempts = underWay.getStore()
  // The SDK fetches its access token within the same send.
  if (attempts === undefined || request.host !== fcmHost) return
  if (mayTry(attempts)) {
    attempts.count += 1
    attemptsOf.set(request, attempts)
  } else {
    request.destroy(new NoFurtherAttempt('this push is not tried again here'))
  }
}

function mayTry({ sending, count, beganAtMs, clock }: Attempts): boolean {
  if (sending.isOver) return false
  return count === 0 || (count === 1 && clock.nowMs() - beganAtMs <= secondTryMsMax)
}

function onAnswered({
  request,
  response,
}: {
  readonly request: ClientRequest
  readonly response: IncomingMessage
}): void {
  if (response.statusCode !== 503) return
  attemptsOf.get(request)?.sending.onUnavailable(response.headers['retry-after'])
}
