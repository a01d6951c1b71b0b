// One lane: some of the conversations, an inbox and a loop. `#run` is the whole concurrency model: what
// waits is read, decided, committed and answered as one batch, then the next. No timer: a lone command is
// dealt with at once, and while a batch is under way the next one grows.
import { uuidv7 } from '../../platform/ids.ts'
import { Inbox } from '../../platform/inbox.ts'
import { wait } from '../../platform/retry.ts'
import type { ChatOutcome } from '../../protocol/chat.ts'
import type { ChatStoreCommand } from '../core/command.ts'
import { type ChatLimits, giveWayMsMax, inboxCommandsMax } from '../limits.ts'
import type { Admitted } from './admitted.ts'
import { outcomeName, overloaded, refused } from './outcomes.ts'
import { Settler, type SettlerOptions } from './settler.ts'

export interface LaneOptions extends Omit<SettlerOptions, 'signal'> {
  readonly limits: ChatLimits
}

export class Lane {
  readonly #options: LaneOptions
  readonly #inbox: Inbox<Admitted>
  readonly #settler: Settler
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined

  constructor(options: LaneOptions) {
    this.#options = options
    this.#inbox = new Inbox(inboxCommandsMax, options.limits.batchCommandsMax)
    this.#settler = new Settler({ ...options, signal: this.#stopping.signal })
  }

  start(): void {
    this.#running = this.#run()
  }

  /**
   * Brings a command to its decision. The outcome comes when it is committed; `overloaded` comes at once
   * where it would wait too long, and means that nothing was, or will be, decided. Never rejects.
   */
  submit(command: ChatStoreCommand): Promise<ChatOutcome | undefined> {
    const { clock, limits } = this.#options
    const nowMs = clock.nowMs()
    const waitMs = this.#inbox.expectedWaitMs(nowMs)
    if (this.#inbox.isClosed || waitMs > limits.inboxWaitMsMax) {
      return Promise.resolve(this.#turnAway(command, nowMs, waitMs))
    }
    return new Promise((answer) => {
      const isIn = this.#inbox.push({ command, admittedAtMs: nowMs, answer })
      if (!isIn) answer(this.#turnAway(command, nowMs, waitMs))
    })
  }

  /** Decides what was admitted, then ends the loop. */
  async drain(): Promise<void> {
    this.#inbox.close()
    await this.#running
  }

  /** Ends it without waiting for anything: what is under way is given up, what waits is turned away. */
  stop(): void {
    this.#stopping.abort()
    this.#inbox.close()
    const nowMs = this.#options.clock.nowMs()
    for (const { command, answer } of this.#inbox.drain(inboxCommandsMax)) {
      answer(this.#turnAway(command, nowMs, 0))
    }
  }

  async #run(): Promise<void> {
    const { clock, limits, metrics } = this.#options
    for (;;) {
      const admitted = this.#inbox.drain(limits.batchCommandsMax)
      if (admitted.length === 0) {
        if (this.#inbox.isClosed) return
        await this.#inbox.more()
        continue
      }
      metrics.inboxWaitMs.observe(Math.max(0, clock.nowMs() - this.#inbox.sent()))
      metrics.batchCommands.observe(admitted.length)
      const startedMs = performance.now()
      const isContended = await this.#settle(admitted)
      const tookMs = performance.now() - startedMs
      this.#inbox.batchTook(tookMs)
      if (isContended) await this.#giveWay(tookMs)
    }
  }

  /**
   * Another store works on the same conversation. Whoever has had its turn lets the others have theirs,
   * or the same one might lose time and again; what comes meanwhile makes the next batch larger.
   */
  async #giveWay(tookMs: number): Promise<void> {
    const pauseMs = Math.random() * Math.min(2 * tookMs, giveWayMsMax)
    await wait(pauseMs, this.#options.clock, this.#stopping.signal).catch(() => {})
  }

  /** Whatever goes wrong with a batch, the lane goes on: nothing of it is in memory afterwards. */
  async #settle(admitted: readonly Admitted[]): Promise<boolean> {
    try {
      return await this.#settler.settle(admitted)
    } catch (err) {
      const { clock, logger } = this.#options
      const incidentId = uuidv7()
      logger.error({ err, incidentId, commands: admitted.length }, 'a batch could not be settled')
      for (const { command, answer } of admitted) {
        answer(refused(command, 'internal', clock.nowMs(), { incidentId }))
      }
      return false
    }
  }

  #turnAway(command: ChatStoreCommand, nowMs: number, waitMs: number): ChatOutcome {
    const outcome = overloaded(command, nowMs, waitMs)
    this.#options.metrics.commands.inc({ type: command.type, outcome: outcomeName(outcome) })
    return outcome
  }
}
