// The webhooks themselves: where they lead, what they want, and their secrets.
import type { WebhookType, WebhookView } from '../../protocol/webhooks.ts'

export interface NewWebhook {
  readonly webhookId: string
  readonly url: string
  /** Null: all. */
  readonly types: readonly WebhookType[] | null
  readonly description: string | null
  readonly createdBy: string
}

export interface NewSecret {
  readonly secretId: string
  readonly secret: string
}

/** What is absent stays as it is. */
export interface WebhookChanges {
  readonly url?: string | undefined
  readonly types?: readonly WebhookType[] | null | undefined
  readonly description?: string | null | undefined
  readonly paused?: boolean | undefined
}

export type Added =
  | { readonly type: 'added' | 'repeated'; readonly webhook: WebhookView; readonly secret: string }
  /** The id is that of a webhook that was made otherwise. */
  | { readonly type: 'another' }
  | { readonly type: 'full' }

export type Rotated =
  | { readonly type: 'rotated'; readonly webhook: WebhookView; readonly secret: string }
  | { readonly type: 'missing' }
  | { readonly type: 'full' }

/** What a service asked for. */
export interface WebhookLogEntry {
  readonly atMs: number
  readonly serviceId: string
  readonly action: string
  readonly webhookId: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** Everything here is committed when it returns, and may be asked for twice. */
export interface WebhookRegister {
  /** Adds to the log of what was asked for, which is never changed. */
  note(entry: WebhookLogEntry): Promise<void>
  /** With at most `webhooksMax` beside it. */
  add(webhook: NewWebhook, secret: NewSecret, nowMs: number): Promise<Added>
  /** Undefined where there is no such webhook. */
  change(webhookId: string, changes: WebhookChanges): Promise<WebhookView | undefined>
  /** Whether there was one. */
  remove(webhookId: string): Promise<boolean>
  /** The secrets of before end `overlapMs` from now at the latest. */
  rotate(webhookId: string, secret: NewSecret, overlapMs: number, nowMs: number): Promise<Rotated>
  /** Has a delivery wait again, from its first attempt. Whether there is one. */
  replay(webhookId: string, eventId: string, nowMs: number): Promise<boolean>
  /** The same of all that were given up since then, as many as one call takes, and whether there were more. */
  replayDead(
    webhookId: string,
    sinceMs: number,
    nowMs: number,
  ): Promise<{ readonly requeued: number; readonly left: boolean } | undefined>
  /** Has a test wait to be sent. Undefined where there is no such webhook. */
  test(webhookId: string, eventId: string, nowMs: number): Promise<WebhookView | undefined>
}
