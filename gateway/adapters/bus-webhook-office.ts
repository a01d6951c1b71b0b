// Commands about webhooks, brought over the bus to any notifier.
import { webhookCommandsSubject as subject } from '../../protocol/subjects.ts'
import type { WebhookOutcome } from '../../protocol/webhooks.ts'
import type { WebhookOffice } from '../ports/webhook-office.ts'
import { BusCommands, type BusCommandsOptions } from './bus-commands.ts'

export function createBusWebhookOffice(options: BusCommandsOptions): WebhookOffice {
  const commands = new BusCommands<WebhookOutcome>(options)
  return {
    submit: (command) => {
      const { type, webhookId } = command
      return commands.bring({ subject, command, names: { webhookId }, logged: { type, webhookId } })
    },
  }
}
