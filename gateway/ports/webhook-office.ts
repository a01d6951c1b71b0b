// Where the gateway takes what the marketplace's own back end settles about webhooks.
import type { WebhookCommand } from '../../protocol/webhook-commands.ts'
import type { WebhookOutcome } from '../../protocol/webhooks.ts'

export interface WebhookOffice {
  /**
   * Brings a command to a notifier and waits until it is carried out. Never throws: where no notifier
   * serves within the deadline the outcome is refused `overloaded` (nothing was done), where the answer was
   * lost it is `unknown` (ask again).
   */
  submit(command: WebhookCommand): Promise<WebhookOutcome>
}
