// An event as it goes over the wire: its body, and the headers of Standard Webhooks, by which a receiver
// knows who sent it and whether it has seen it before. https://www.standardwebhooks.com
import { Webhook } from 'standardwebhooks'
import type { WebhookPayload } from '../../protocol/webhook-payloads.ts'
import { webhookTestType } from '../../protocol/webhooks.ts'
import { payloadData } from '../core/webhooks/payload.ts'
import type { DueDelivery } from '../ports/webhook-queue.ts'
import type { WebhookRequest } from '../ports/webhook-sender.ts'

/** Undefined where the logs do not hold any more what the event tells. */
export function webhookRequest(delivery: DueDelivery, nowMs: number): WebhookRequest | undefined {
  const data = dataOf(delivery)
  if (data === undefined) return undefined
  const { eventId, type, atMs, url, secrets } = delivery
  const body = JSON.stringify({ type, timestamp: new Date(atMs).toISOString(), data })
  // The specification signs whole seconds.
  const signedAt = new Date(Math.floor(nowMs / 1_000) * 1_000)
  const signatures = secrets.map((secret) => new Webhook(secret).sign(eventId, signedAt, body))
  return {
    url,
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Outcry-Webhooks',
      'webhook-id': eventId,
      'webhook-timestamp': String(signedAt.getTime() / 1_000),
      'webhook-signature': signatures.join(' '),
    },
  }
}

function dataOf({
  type,
  webhookId,
  atMs,
  commit,
}: DueDelivery): WebhookPayload['data'] | undefined {
  if (type === webhookTestType) return { webhookId, at: atMs }
  return commit === undefined ? undefined : payloadData(type, commit)
}
