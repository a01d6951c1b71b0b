// Webhooks for tests of the routes: what is not given answers as if there were none.
import type { WebhookCommand } from '../../protocol/webhook-commands.ts'
import type { WebhookOutcome } from '../../protocol/webhooks.ts'
import type { WebhookBook } from '../ports/webhook-book.ts'
import type { WebhookOffice } from '../ports/webhook-office.ts'
import { noonMs } from './people.ts'

export function webhookBookOf(fields: Partial<WebhookBook> = {}): WebhookBook {
  return {
    webhooks: async () => [],
    webhook: async () => undefined,
    deliveries: async () => undefined,
    ...fields,
  }
}

export interface FakeWebhookOffice extends WebhookOffice {
  /** What it was asked, in order. */
  readonly asked: WebhookCommand[]
}

/** Accepts everything, or answers what it is told to. */
export function webhookOfficeOf(
  answer?: (command: WebhookCommand) => WebhookOutcome,
): FakeWebhookOffice {
  const asked: WebhookCommand[] = []
  return {
    asked,
    submit: async (command) => {
      asked.push(command)
      const { webhookId } = command
      return answer?.(command) ?? { outcome: 'accepted', serverTime: noonMs, webhookId }
    },
  }
}
