// Pushes by firebase-admin: at most so many at once, below the project's quota, and none while FCM asked to
// be left alone or does not answer anyhow. What is held back here is tried again by its job.
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  circuitBreaker,
  handleWhenResult,
  SamplingBreaker,
} from 'cockatiel'
import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Limits } from '../../platform/limits/limits.ts'
import type { Logger } from '../../platform/log.ts'
import type { Registry } from '../../platform/metrics.ts'
import { untilAborted } from '../../platform/until-aborted.ts'
import type { PushLimit, PushTarget } from '../config.ts'
import {
  circuit,
  complaintEveryMs,
  mismatchesInRowMax,
  pushesInFlightMax,
  pushesWaitingMax,
  pushMsMax,
} from '../limits.ts'
import type { DeviceAddress, FcmMessage, PushResult, PushService } from '../ports/push-service.ts'
import { createFcmMetrics, type FcmMetrics, type HeldBack } from './firebase.metrics.ts'
import { answerOf, unavailable } from './firebase-answer.ts'
import type { Firebase } from './firebase-sdk.ts'

export interface FirebasePushOptions {
  readonly target: Exclude<PushTarget, { readonly type: 'none' }>
  /** Over all notifiers. */
  readonly limits: Limits<PushLimit>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Registry
  /** Where they differ from the notifier's own. */
  readonly bounds?: Partial<FcmBounds>
}

export interface FcmBounds {
  readonly inFlightMax: number
  readonly waitingMax: number
  readonly pushMsMax: number
  readonly circuit: {
    readonly failedShare: number
    readonly windowMs: number
    readonly perSecondMin: number
    readonly asksAgainAfterMs: number
  }
}

const boundsDefault: FcmBounds = {
  inFlightMax: pushesInFlightMax,
  waitingMax: pushesWaitingMax,
  pushMsMax,
  circuit,
}

/** @throws ConfigError from `start` where the service account cannot be used */
export function createFirebasePushService(options: FirebasePushOptions): PushService & Part {
  return new FirebasePushService(options)
}

/** The whole project is one key. */
const quotaKey = 'fcm'

const isFailed = (result: unknown): boolean => (result as PushResult).type === 'unavailable'

class FirebasePushService implements PushService, Part {
  readonly name = 'pushes'
  readonly #options: FirebasePushOptions
  readonly #bounds: FcmBounds
  readonly #metrics: FcmMetrics
  readonly #places
  readonly #circuit
  readonly #underWay = new Set<Promise<PushResult>>()
  #firebase: Firebase | undefined
  /** FCM asked to be left alone until then. */
  #leftAlone: { readonly untilMs: number; readonly type: 'throttled' | 'unavailable' } | undefined
  /** None was accepted yet: so far any mismatch may be the fault of the service account. */
  #mismatchesInRow = Number.POSITIVE_INFINITY
  #complainedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: FirebasePushOptions) {
    this.#options = options
    this.#bounds = { ...boundsDefault, ...options.bounds }
    this.#metrics = createFcmMetrics(options.metrics)
    this.#places = bulkhead(this.#bounds.inFlightMax, this.#bounds.waitingMax)
    const { failedShare, windowMs, perSecondMin, asksAgainAfterMs } = this.#bounds.circuit
    this.#circuit = circuitBreaker(handleWhenResult(isFailed), {
      halfOpenAfter: asksAgainAfterMs,
      breaker: new SamplingBreaker({
        threshold: failedShare,
        duration: windowMs,
        minimumRps: perSecondMin,
      }),
    })
  }

  async start(): Promise<void> {
    const { target, clock } = this.#options
    const open = async () => {
      const { openFirebase } = await import('./firebase-sdk.ts')
      return await openFirebase(target, { clock, socketsMax: this.#bounds.inFlightMax })
    }
    // A service account that will not do is told now; what stands in for phones cannot be wrong.
    this.#firebase = target.type === 'stand_in' ? openedByFirstPush(open) : await open()
  }

  /** What is under way ends by itself, within the time that a push may take. */
  async drain(signal: AbortSignal): Promise<void> {
    await untilAborted(signal, Promise.all(this.#underWay))
  }

  async stop(): Promise<void> {
    const firebase = this.#firebase
    this.#firebase = undefined
    await firebase?.close()
  }

  async send(push: FcmMessage, to: DeviceAddress): Promise<PushResult> {
    const sending = this.#send(push, to)
    this.#underWay.add(sending)
    try {
      return await sending
    } finally {
      this.#underWay.delete(sending)
    }
  }

  async #send(push: FcmMessage, to: DeviceAddress): Promise<PushResult> {
    const { asksAgainAfterMs } = this.#bounds.circuit
    try {
      return await this.#places.execute(async () => {
        const held = this.#pause() ?? (await this.#overQuota())
        return held ?? (await this.#circuit.execute(() => this.#ask(push, to)))
      })
    } catch (error) {
      if (error instanceof BrokenCircuitError) {
        return this.#heldBack('circuit', unavailable(asksAgainAfterMs))
      }
      if (error instanceof BulkheadRejectedError) {
        return this.#heldBack('crowded', { type: 'throttled', retryAfterMs: asksAgainAfterMs })
      }
      throw error
    }
  }

  #pause(): PushResult | undefined {
    if (this.#leftAlone === undefined) return undefined
    const { untilMs, type } = this.#leftAlone
    const retryAfterMs = untilMs - this.#options.clock.nowMs()
    if (retryAfterMs > 0) return this.#heldBack('retry_after', { type, retryAfterMs })
    this.#leftAlone = undefined
    return undefined
  }

  async #overQuota(): Promise<PushResult | undefined> {
    const verdict = await this.#options.limits.take('pushes', quotaKey)
    if (verdict.allowed) return undefined
    const { retryAfterMs } = verdict
    return this.#heldBack('quota', { type: 'throttled', retryAfterMs })
  }

  #heldBack(reason: HeldBack, result: PushResult): PushResult {
    this.#metrics.heldBack(reason)
    return result
  }

  async #ask(push: FcmMessage, to: DeviceAddress): Promise<PushResult> {
    if (this.#firebase === undefined) return this.#heldBack('stopping', unavailable())
    const { clock } = this.#options
    const beganAtMs = clock.nowMs()
    const end = this.#metrics.begin()
    const outcome = await this.#firebase.send(push, to, this.#bounds.pushMsMax)
    end(clock.nowMs() - beganAtMs)
    if (outcome.type === 'accepted') {
      this.#mismatchesInRow = 0
      return outcome
    }
    const { result, complaint } = answerOf(outcome.error, clock.nowMs())
    if (complaint !== undefined) this.#complain(complaint)
    this.#leaveAloneAfter(result)
    return result.type === 'wrong_project' ? this.#mismatch() : result
  }

  #leaveAloneAfter(result: PushResult): void {
    if (result.type !== 'throttled' && result.type !== 'unavailable') return
    const { type, retryAfterMs } = result
    if (retryAfterMs === undefined) return
    const untilMs = this.#options.clock.nowMs() + retryAfterMs
    if (untilMs > (this.#leftAlone?.untilMs ?? 0)) this.#leftAlone = { untilMs, type }
  }

  /**
   * A service account of another project mismatches every token there is. So a token is believed to be of
   * another project only while others are accepted, or one wrong file would wipe out every device.
   */
  #mismatch(): PushResult {
    this.#mismatchesInRow += 1
    if (this.#mismatchesInRow <= mismatchesInRowMax) return { type: 'wrong_project' }
    const detail = 'the tokens seem to be of another project than the service account'
    this.#complain(detail)
    return { type: 'our_fault', detail }
  }

  /** Complaints come with every push; an operator reads of them now and then. */
  #complain(complaint: string): void {
    const { clock, log } = this.#options
    this.#metrics.complained()
    if (clock.nowMs() - this.#complainedAtMs < complaintEveryMs) return
    this.#complainedAtMs = clock.nowMs()
    log.error({ complaint }, 'no push gets through until the project or its account is mended')
  }
}

/** Spares a start on a developer's machine the SDK: 160 modules of 1,090, and a sixteenth of what reading them takes. */
function openedByFirstPush(open: () => Promise<Firebase>): Firebase {
  let opened: Promise<Firebase> | undefined
  return {
    async send(push, to, withinMs) {
      opened ??= open()
      return (await opened).send(push, to, withinMs)
    },
    async close() {
      await (await opened)?.close()
    },
  }
}
