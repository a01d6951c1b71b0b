// The pace of webhooks: notes what became of attempts, takes what is due, sends it, and so on. Attempts run
// beside each other and beside the passes, so nobody waits for a slow receiver but its own deliveries.
import { type Beat, beat } from '../../platform/beat.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import { Outage } from '../../platform/outage.ts'
import { classifyDatabaseError, retrying, wait } from '../../platform/retry.ts'
import { judge, type Receipt } from '../core/webhooks/verdict.ts'
import { deliveriesPollMs, deliveriesTidyMs, failureDelays, pauseMs } from '../limits.ts'
import type { Attempted, DueDelivery, WebhookQueue } from '../ports/webhook-queue.ts'
import type { WebhookSender } from '../ports/webhook-sender.ts'
import type { WebhookMetrics } from './webhook-dispatcher.metrics.ts'
import { webhookRequest } from './webhook-request.ts'

export interface WebhookDispatcherOptions {
  readonly queue: WebhookQueue
  readonly sender: Pick<WebhookSender, 'post'>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: WebhookMetrics
  /** A number from 0 up to 1. */
  readonly random: () => number
}

export function createWebhookDispatcher(options: WebhookDispatcherOptions): Part {
  return new WebhookDispatcher(options)
}

class WebhookDispatcher implements Part {
  readonly name = 'webhook dispatcher'
  readonly #options: WebhookDispatcherOptions
  readonly #outage: Outage
  /** No further pass begins. */
  readonly #ending = new AbortController()
  /** Attempts are broken off. */
  readonly #breaking = new AbortController()
  readonly #underWay = new Map<string, number>()
  readonly #attempts = new Set<Promise<void>>()
  #attempted: Attempted[] = []
  #work: Promise<void> = Promise.resolve()
  #tidying: Beat | undefined
  #wake: (() => void) | undefined

  constructor(options: WebhookDispatcherOptions) {
    this.#options = options
    this.#outage = new Outage(options.log, {
      begins: 'webhooks wait; it is tried again',
      ends: 'webhooks go on',
    })
  }

  async start(): Promise<void> {
    this.#tidying = beat('webhooks', deliveriesTidyMs, () => this.#tidy(), this.#options)
    this.#work = this.#dispatchUntilEnd()
  }

  /** What is under way is waited for, and noted. */
  async drain(): Promise<void> {
    this.#ending.abort()
    this.#wake?.()
    await this.#tidying?.stop()
    await this.#work
    await Promise.all(this.#attempts)
    if (!this.#breaking.signal.aborted) await this.#settle()
  }

  /** What is under way is broken off, and due again when its lease has ended. */
  async stop(): Promise<void> {
    this.#breaking.abort()
    await this.drain()
  }

  async #dispatchUntilEnd(): Promise<void> {
    const { signal } = this.#ending
    try {
      while (!signal.aborted) {
        const took = await this.#pass(signal)
        if (took === 0) await this.#untilSomethingEnds(signal)
        await wait(pauseMs, this.#options.clock, signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** Returns how many deliveries it took. */
  async #pass(signal: AbortSignal): Promise<number> {
    const { queue, clock, metrics } = this.#options
    const due = await retrying(
      async () => {
        await this.#settle()
        return await queue.take(clock.nowMs(), this.#underWay)
      },
      {
        classify: (error) => classifyDatabaseError(error) ?? failureDelays,
        clock,
        signal,
        onRetry: ({ error }) => {
          metrics.failed()
          this.#outage.failed(error)
        },
      },
    )
    this.#outage.worked()
    for (const delivery of due) this.#begin(delivery)
    return due.length
  }

  /** Until an attempt ends, which makes room and is to be noted; or until it is time to look again. */
  async #untilSomethingEnds(signal: AbortSignal): Promise<void> {
    if (this.#attempted.length > 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(deliveriesPollMs, resolve)
      this.#wake = () => {
        timer.cancel()
        resolve()
      }
    })
    this.#wake = undefined
  }

  #begin(delivery: DueDelivery): void {
    const { webhookId } = delivery
    this.#underWay.set(webhookId, (this.#underWay.get(webhookId) ?? 0) + 1)
    const attempt = this.#attempt(delivery).finally(() => {
      this.#attempts.delete(attempt)
      const left = (this.#underWay.get(webhookId) ?? 1) - 1
      if (left === 0) this.#underWay.delete(webhookId)
      else this.#underWay.set(webhookId, left)
      this.#wake?.()
    })
    this.#attempts.add(attempt)
  }

  async #attempt(delivery: DueDelivery): Promise<void> {
    const { clock, metrics, random } = this.#options
    const { eventId, webhookId, leasedUntilMs, failures } = delivery
    const startedMs = performance.now()
    const receipt = await this.#send(delivery)
    // What was broken off is neither here nor there: whoever takes it next sends it again.
    if (this.#breaking.signal.aborted) return
    const verdict = judge(receipt, failures, clock.nowMs(), random())
    metrics.attempted(verdict.type, performance.now() - startedMs)
    this.#attempted.push({ eventId, webhookId, leasedUntilMs, verdict })
  }

  async #send(delivery: DueDelivery): Promise<Receipt> {
    const { sender, clock, log } = this.#options
    const { eventId, webhookId } = delivery
    try {
      const request = webhookRequest(delivery, clock.nowMs())
      if (request === undefined) {
        return { type: 'untold', reason: 'what it tells is not kept any more' }
      }
      return await sender.post(request, this.#breaking.signal)
    } catch (err) {
      log.error({ err, eventId, webhookId }, 'a webhook event could not be put into words')
      return { type: 'failed', reason: 'it could not be put into words' }
    }
  }

  async #settle(): Promise<void> {
    const { queue, clock, log, metrics } = this.#options
    // Others may end while these are noted.
    const attempted = [...this.#attempted]
    if (attempted.length === 0) return
    const paused = await queue.settle(attempted, clock.nowMs())
    this.#attempted = this.#attempted.slice(attempted.length)
    for (const { webhookId, reason } of paused) {
      metrics.paused(reason)
      log.error({ webhookId, reason }, 'a webhook was paused: nothing arrives there')
    }
  }

  async #tidy(): Promise<void> {
    const { queue, clock, metrics } = this.#options
    await queue.tidy(clock.nowMs())
    metrics.lag(await queue.lagMs(clock.nowMs()))
  }
}
