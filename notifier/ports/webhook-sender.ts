// How an event reaches a receiver.
import type { Receipt } from '../core/webhooks/verdict.ts'

export interface WebhookRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface WebhookSender {
  /** Never rejects: what goes wrong is a receipt. `signal` breaks it off. */
  post(request: WebhookRequest, signal: AbortSignal): Promise<Receipt>
  /** Why nothing is sent to this address, in words for whoever gave it; undefined where it will do. */
  objection(url: string): Promise<string | undefined>
}
