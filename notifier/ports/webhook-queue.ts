// What is on its way to webhooks.
import type { PauseReason, WebhookEventType } from '../../protocol/webhooks.ts'
import type { Commit } from '../core/commit.ts'
import type { Verdict } from '../core/webhooks/verdict.ts'

/** By what a delivery is known. */
export interface DeliveryName {
  readonly eventId: string
  readonly webhookId: string
}

/** A delivery that is due, and everything that sending it takes. */
export interface DueDelivery extends DeliveryName {
  readonly type: WebhookEventType
  /** When what it tells happened, epoch ms. */
  readonly atMs: number
  /** What the logs hold of it now; undefined of a test, which tells nothing of any log. */
  readonly commit: Commit | undefined
  readonly url: string
  /** Each of them signs; the newest first. */
  readonly secrets: readonly string[]
  /** Attempts that failed before. */
  readonly failures: number
  /** Until then nobody else takes it, epoch ms. */
  readonly leasedUntilMs: number
}

/** A delivery after an attempt. */
export interface Attempted extends DeliveryName {
  readonly leasedUntilMs: number
  readonly verdict: Verdict
}

/** A webhook to which nothing is sent from now on, until somebody lets it go on. */
export interface PausedWebhook {
  readonly webhookId: string
  readonly reason: PauseReason
}

export interface WebhookQueue {
  /**
   * Takes what is due, the oldest first, of each webhook only as much as it has room for, so that one slow
   * receiver keeps nobody else waiting. What is taken is left to others again where it is not settled
   * within the time of a lease.
   * @param underWay how many deliveries of a webhook are being sent from here already
   */
  take(nowMs: number, underWay: ReadonlyMap<string, number>): Promise<readonly DueDelivery[]>
  /**
   * Notes what became of deliveries, and returns the webhooks that were paused by it. A failure counts only
   * within its lease, a success always.
   */
  settle(attempted: readonly Attempted[], nowMs: number): Promise<readonly PausedWebhook[]>
  /** Gives up what has waited too long for a paused webhook, and forgets what is done with. */
  tidy(nowMs: number): Promise<void>
  /** For how long the oldest delivery has been due to a webhook that is not paused; 0 where none is. */
  lagMs(nowMs: number): Promise<number>
}
