// Commands about webhooks, brought over the bus to any notifier.
import type { Logger } from '../../platform/log.ts'
import { isRetryable } from '../../protocol/refusals.ts'
import { webhookCommandsSubject } from '../../protocol/subjects.ts'
import type { WebhookOutcome } from '../../protocol/webhooks.ts'
import { overloadedRetryMs } from '../limits.ts'
import type { WebhookOffice } from '../ports/webhook-office.ts'
import { type AskOptions, askUntilHeard } from './ask-until-heard.ts'

export interface BusWebhookOfficeOptions extends AskOptions {
  readonly log: Logger
}

export function createBusWebhookOffice(options: BusWebhookOfficeOptions): WebhookOffice {
  const { clock, log } = options
  return {
    async submit(command) {
      const heard = await askUntilHeard(options, webhookCommandsSubject, command)
      if (heard.type === 'answer') return heard.answer as WebhookOutcome
      const { type, webhookId } = command
      const about = { webhookId, serverTime: clock.nowMs() }
      if (heard.type === 'unheard') {
        const code = 'overloaded'
        const retryable = isRetryable(code)
        return { outcome: 'refused', code, ...about, retryable, retryAfterMs: overloadedRetryMs }
      }
      log.warn({ err: heard.cause, type, webhookId }, 'an answer about webhooks was lost')
      return { outcome: 'unknown', code: 'outcome_unknown', ...about, retryable: true }
    },
  }
}
