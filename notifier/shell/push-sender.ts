// Sends one push and says what its answer means: for the device's token, for an operator, and for the job.
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { backoffMs } from '../../platform/retry.ts'
import { pushRetryDelays, pushTriesMax } from '../limits.ts'
import type { JobEnd } from '../ports/job-queue.ts'
import type { DeviceRef, PushBook } from '../ports/push-book.ts'
import type { DeviceAddress, FcmMessage, PushResult, PushService } from '../ports/push-service.ts'
import type { PushKind, PushMetrics } from './push.metrics.ts'

export interface PushSenderOptions {
  readonly service: PushService
  readonly book: PushBook
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: PushMetrics
  /** In [0, 1). */
  readonly random: () => number
}

export type SendEnd =
  | { readonly type: 'accepted' }
  /** Nothing is sent anywhere. */
  | { readonly type: 'undeliverable' }
  /** The device has no token any more. */
  | { readonly type: 'device_gone' }
  /** The device is sent too much; it should be told less often. */
  | { readonly type: 'too_often' }
  | { readonly type: 'again'; readonly atMs: number }
  | { readonly type: 'of_no_use'; readonly reason: string }

export class PushSender {
  readonly #options: PushSenderOptions

  constructor(options: PushSenderOptions) {
    this.#options = options
  }

  /** `tries`: how often it was offered before. @throws the database's error */
  async send(
    kind: PushKind,
    message: FcmMessage,
    device: DeviceRef,
    to: DeviceAddress,
    tries: number,
  ): Promise<SendEnd> {
    const { service, metrics } = this.#options
    metrics.sent(kind)
    const result = await service.send(message, to)
    if (result.type === 'accepted') metrics.accepted(kind)
    else metrics.failed(result.type)
    return await this.#meaningOf(result, device, to, tries)
  }

  async #meaningOf(
    result: PushResult,
    device: DeviceRef,
    to: DeviceAddress,
    tries: number,
  ): Promise<SendEnd> {
    const { log } = this.#options
    switch (result.type) {
      case 'accepted':
      case 'undeliverable':
        return { type: result.type }
      case 'wrong_project':
        log.error(device, 'a token is of another Firebase project than the one configured')
        return await this.#forget(device, to)
      case 'unregistered':
      case 'bad_token':
        return await this.#forget(device, to)
      case 'our_fault':
        log.error({ ...device, detail: result.detail }, 'the push service does not take our push')
        return { type: 'of_no_use', reason: `the push service refused it: ${result.detail}` }
      case 'too_large':
        log.error(device, 'a push is too large for the push service')
        return { type: 'of_no_use', reason: 'the push service found it too large' }
      case 'device_throttled':
        return { type: 'too_often' }
      case 'apns_key':
        log.error({ detail: result.detail }, 'Apple does not take the key of the Firebase project')
        return this.#again(tries, undefined, 'Apple does not take the project’s key')
      case 'throttled':
        return this.#again(tries, result.retryAfterMs, 'the project sends too much')
      case 'unavailable':
        return this.#again(tries, result.retryAfterMs, 'the push service is not available')
    }
  }

  async #forget(device: DeviceRef, { token }: DeviceAddress): Promise<SendEnd> {
    await this.#options.book.forgetDevice(device, token)
    return { type: 'device_gone' }
  }

  /** No sooner than the service asks, and not all at once. */
  #again(tries: number, afterMs: number | undefined, why: string): SendEnd {
    if (tries >= pushTriesMax) return { type: 'of_no_use', reason: `${why}, for too long` }
    const { clock, random } = this.#options
    const delayMs = backoffMs(tries + 1, pushRetryDelays, random)
    return { type: 'again', atMs: clock.nowMs() + (afterMs ?? 0) + delayMs }
  }
}

/** What is left of a job whose push could not be sent now. One that is requeued is offered as often as a new one. */
export function unsent(
  end: Extract<SendEnd, { type: 'again' | 'of_no_use' }>,
  payload: { readonly [key: string]: string | number | undefined },
  tries: number,
): JobEnd {
  if (end.type === 'of_no_use') {
    return { type: 'dead', reason: end.reason, payload: { ...payload, tries: 0 } }
  }
  return { type: 'later', dueAtMs: end.atMs, payload: { ...payload, tries: tries + 1 } }
}
