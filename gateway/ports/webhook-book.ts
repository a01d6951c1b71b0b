// What the gateway may read of webhooks: everything but their secrets.
import type { ListDeliveries } from '../../protocol/webhook-methods.ts'
import type { WebhookDeliveryPage, WebhookView } from '../../protocol/webhooks.ts'

export interface WebhookBook {
  /** Oldest first. */
  webhooks(): Promise<readonly WebhookView[]>
  webhook(webhookId: string): Promise<WebhookView | undefined>
  /** Undefined where there is no such webhook. */
  deliveries(asked: ListDeliveries): Promise<WebhookDeliveryPage | undefined>
}
