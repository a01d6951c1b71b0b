import { describe, expect, test } from 'vitest'
import { webhookCommandsSubject } from '../../protocol/subjects.ts'
import type { WebhookCommand } from '../../protocol/webhook-commands.ts'
import { overloadedRetryMs, verdictDeadlineMs } from '../limits.ts'
import { asking } from '../testing/asking.ts'
import { noonMs } from '../testing/people.ts'
import { createBusWebhookOffice } from './bus-webhook-office.ts'

const webhookId = '0190a1b2-8888-7222-8333-123456789abc'
const command: WebhookCommand = {
  type: 'create_webhook',
  webhookId,
  secretId: webhookId,
  url: 'https://shop.example/hook?key=canary',
  actor: { userId: 'shop', roles: ['service'] },
}

function setup() {
  const { options, ...rest } = asking()
  return { ...rest, office: createBusWebhookOffice(options) }
}

describe('what is settled about webhooks', () => {
  test('reaches a notifier, and comes back with what came of it', async () => {
    const { bus, office } = setup()
    const heard: unknown[] = []
    const outcome = { outcome: 'accepted', serverTime: noonMs, webhookId }
    await bus.serve(webhookCommandsSubject, async (message) => {
      heard.push(message)
      return outcome
    })
    expect(await office.submit(command)).toEqual(outcome)
    expect(heard).toEqual([command])
  })

  test('is refused overloaded where no notifier is there until the deadline', async () => {
    const { clock, office } = setup()
    const outcome = office.submit(command)
    await clock.advanceAsync(verdictDeadlineMs + 100)
    expect(await outcome).toMatchObject({
      outcome: 'refused',
      code: 'overloaded',
      webhookId,
      retryable: true,
      retryAfterMs: overloadedRetryMs,
    })
  })

  test('is unknown where the answer is lost, and no address is in the line that says so', async () => {
    const { bus, clock, lines, office } = setup()
    await bus.serve(webhookCommandsSubject, async () => await new Promise<never>(() => {}))
    const outcome = office.submit(command)
    await clock.advanceAsync(verdictDeadlineMs + 100)
    expect(await outcome).toMatchObject({ outcome: 'unknown', code: 'outcome_unknown', webhookId })
    expect(lines.join('')).toContain('create_webhook')
    expect(lines.join('')).not.toContain('canary')
  })
})
