// One lane of the feed's desk: a bounded inbox, and one command carried out after the other.
import type { Bus } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import { codeOf } from '../../platform/failure.ts'
import { uuidv7 } from '../../platform/ids.ts'
import { Inbox } from '../../platform/inbox.ts'
import type { Logger } from '../../platform/log.ts'
import { classifyDatabaseError, retrying } from '../../platform/retry.ts'
import type { FeedOutcome, FeedRefused } from '../../protocol/feed.ts'
import type { FeedCommand, FeedRequest } from '../../protocol/feed-commands.ts'
import type { UserEvents } from '../../protocol/notifications.ts'
import { type FeedRefusalCode, isRetryable } from '../../protocol/refusals.ts'
import { userEventsSubject } from '../../protocol/subjects.ts'
import {
  deskCommandsMax,
  deskRetry,
  deskRetryAfterMsMin,
  deskStaleMs,
  deskTriesMax,
  deskWaitMsMax,
  devicesPerUserMax,
} from '../limits.ts'
import type { FeedRegister } from '../ports/feed-register.ts'
import type { DeskMetrics } from './feed-desk.metrics.ts'

export interface DeskLaneOptions {
  readonly register: FeedRegister
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: DeskMetrics
}

interface Admitted {
  readonly request: FeedRequest
  readonly admittedAtMs: number
  readonly answer: (outcome: FeedOutcome) => void
}

type RefusalFields = Pick<FeedRefused, 'max' | 'retryAfterMs' | 'incidentId'>

export class DeskLane {
  readonly #options: DeskLaneOptions
  readonly #inbox = new Inbox<Admitted>(deskCommandsMax, 1)
  readonly #stopping = new AbortController()
  #running: Promise<void> = Promise.resolve()

  constructor(options: DeskLaneOptions) {
    this.#options = options
  }

  start(): void {
    this.#running = this.#run()
  }

  /**
   * Resolves once the command is carried out; `overloaded` comes at once where it would wait too long, and
   * means that nothing was, or will be, done. Never rejects.
   */
  async submit(request: FeedRequest): Promise<FeedOutcome> {
    const { clock, metrics } = this.#options
    const outcome = await new Promise<FeedOutcome>((answer) => {
      const nowMs = clock.nowMs()
      const waitMs = this.#inbox.expectedWaitMs(nowMs)
      const hasRoom = !this.#inbox.isClosed && waitMs <= deskWaitMsMax
      const admitted = { request, admittedAtMs: nowMs, answer }
      if (!hasRoom || !this.#inbox.push(admitted)) answer(this.#overloaded(waitMs))
    })
    metrics.answered(request.type, outcome)
    return outcome
  }

  /** Carries out what was admitted, then ends the loop. */
  async drain(): Promise<void> {
    this.#inbox.close()
    await this.#running
  }

  /** Gives up waiting for a database that is away, and turns away what waits. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#inbox.close()
    for (const { answer } of this.#inbox.drain(deskCommandsMax)) answer(this.#overloaded(0))
    await this.#running
  }

  async #run(): Promise<void> {
    for (;;) {
      const [next] = this.#inbox.drain(1)
      if (next === undefined) {
        if (this.#inbox.isClosed) return
        await this.#inbox.more()
        continue
      }
      this.#inbox.sent()
      const startedMs = performance.now()
      next.answer(await this.#settle(next.request))
      this.#inbox.batchTook(performance.now() - startedMs)
    }
  }

  async #settle(request: FeedRequest): Promise<FeedOutcome> {
    const { clock } = this.#options
    if (clock.nowMs() - request.askedAtMs > deskStaleMs) return this.#overloaded(0)
    try {
      return await retrying(() => this.#do(request), {
        classify: (error) => (classifyDatabaseError(error) === undefined ? undefined : deskRetry),
        clock,
        signal: this.#stopping.signal,
        attemptsMax: deskTriesMax,
      })
    } catch (error) {
      return this.#failed(request, error)
    }
  }

  async #do(command: FeedCommand): Promise<FeedOutcome> {
    const { register, clock } = this.#options
    const { userId, roles } = command.actor
    const nowMs = clock.nowMs()
    switch (command.type) {
      case 'register_device':
        await register.register(userId, command.device, nowMs, devicesPerUserMax)
        return this.#accepted()
      case 'remove_device':
        await register.remove(userId, command.deviceId)
        return this.#accepted()
      case 'revoke_devices':
        // The gateway asks the same of its table of rights.
        if (!roles.includes('service')) return this.#refused('not_permitted')
        await register.revoke(command.userId, command.deviceId, command.untilMs)
        return this.#accepted()
      case 'set_preferences':
        await register.prefer(userId, command.changes)
        return this.#accepted()
      case 'mark_read':
        return await this.#read(userId, command.seq)
    }
  }

  async #read(userId: string, seq: number): Promise<FeedOutcome> {
    const { register, bus } = this.#options
    const read = await register.read(userId, seq)
    if (read.type === 'beyond_end') return this.#refused('mark_beyond_end', { max: read.max })
    const { readSeq, unread } = read
    const told: UserEvents = { userId, events: [], read: { readSeq, unread } }
    bus.publish(userEventsSubject(userId), told)
    return this.#accepted({ readSeq, unread })
  }

  #accepted(fields: { readSeq?: number; unread?: number } = {}): FeedOutcome {
    return { outcome: 'accepted', serverTime: this.#options.clock.nowMs(), ...fields }
  }

  #refused(code: FeedRefusalCode, fields: RefusalFields = {}): FeedRefused {
    const serverTime = this.#options.clock.nowMs()
    return { outcome: 'refused', code, serverTime, retryable: isRetryable(code), ...fields }
  }

  #overloaded(waitMs: number): FeedRefused {
    const retryAfterMs = Math.ceil((deskRetryAfterMsMin + waitMs) * (1 + Math.random()))
    return this.#refused('overloaded', { retryAfterMs })
  }

  #failed(command: FeedCommand, cause: unknown): FeedOutcome {
    const { clock, log } = this.#options
    const state = codeOf(cause)
    const isTransient = classifyDatabaseError(cause) !== undefined || state === undefined
    if (isTransient) {
      log.warn({ err: cause, command: command.type }, 'a command on a feed failed')
      const serverTime = clock.nowMs()
      return { outcome: 'unknown', code: 'outcome_unknown', serverTime, retryable: true }
    }
    const incidentId = uuidv7()
    // Not the error itself: it may quote the row, and with it a push token.
    log.error({ state, incidentId, command: command.type }, 'a command on a feed can not be done')
    return this.#refused('internal', { incidentId })
  }
}
