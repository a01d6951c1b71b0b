// What gateways ask of notifiers about webhooks. Already checked at the gateway's edge, but for the
// address, which only those who will send there can judge.
import type { Actor } from './identity.ts'
import type { UpdateWebhook } from './webhook-methods.ts'
import type { WebhookType } from './webhooks.ts'

/** Answered by a `WebhookOutcome`. Each may be repeated: whatever it makes has an id of the gateway's. */
export type WebhookCommand = { readonly actor: Actor; readonly webhookId: string } & (
  | {
      readonly type: 'create_webhook'
      readonly secretId: string
      readonly url: string
      /** Undefined: all. */
      readonly types?: readonly WebhookType[]
      readonly description?: string
    }
  | { readonly type: 'update_webhook'; readonly changes: Omit<UpdateWebhook, 'webhookId'> }
  | { readonly type: 'delete_webhook' }
  | {
      readonly type: 'rotate_webhook_secret'
      readonly secretId: string
      readonly overlapMs: number
    }
  | { readonly type: 'replay_delivery'; readonly eventId: string }
  | { readonly type: 'replay_dead'; readonly deadSinceMs: number }
  | { readonly type: 'test_webhook'; readonly eventId: string }
)
