// Webhooks as their owner, the marketplace's own back end, sees them: where they lead, what is on the way
// there, and what came of a command about them. What is sent stands in `webhook-payloads.ts`.
import { z } from 'zod'
import { EpochMs } from './auction.ts'
import { Uuid } from './ids.ts'
import { WEBHOOK_REFUSALS, type WebhookRefusalCode } from './refusals.ts'
import { Shape } from './shape.ts'

/** What can be subscribed to. */
export const WEBHOOK_TYPES = [
  'lot.sold',
  'lot.unsold',
  'lot.cancelled',
  'bid.accepted',
  'message.created',
  'offer.accepted',
  'order.created',
] as const
export type WebhookType = (typeof WEBHOOK_TYPES)[number]
/** What only comes where it was asked for. */
export const webhookTestType = 'webhook.test'
export type WebhookEventType = WebhookType | typeof webhookTestType

export const WebhookId = Uuid.describe('The webhook.')
/** The same in every try and for every webhook: by this a receiver knows what it has seen. */
export const WebhookEventId = Uuid.describe('The event; travels as the header `webhook-id`.')

export const PAUSE_REASONS = ['asked', 'gone', 'failing'] as const
export type PauseReason = (typeof PAUSE_REASONS)[number]

export const WebhookView = Shape('A webhook. Its secret is shown once, when it is made.', {
  webhookId: WebhookId,
  url: z.string(),
  types: z.array(z.enum(WEBHOOK_TYPES)).readonly().exactOptional().describe('Absent: all.'),
  description: z.string().exactOptional(),
  paused: z
    .enum(PAUSE_REASONS)
    .exactOptional()
    .describe(
      'Nothing is sent: because somebody asked for it, the receiver answered 410 Gone, or it failed for days.',
    ),
  createdAt: EpochMs,
  failingSince: EpochMs.exactOptional().describe('Nothing was taken since then, only refused.'),
  heldUntil: EpochMs.exactOptional().describe(
    'The receiver asked (429 or 503 with Retry-After) to be left alone until then.',
  ),
  oldSecretUntil: EpochMs.exactOptional().describe(
    'An older secret signs as well, beside the newest, until then.',
  ),
})
export type WebhookView = Readonly<z.output<typeof WebhookView>>

export const WebhookList = Shape('All webhooks, oldest first.', {
  items: z.array(WebhookView).readonly(),
})

export const DELIVERY_STATES = ['waiting', 'delivered', 'dead'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

export const WebhookDelivery = Shape('An event on its way to a webhook.', {
  eventId: WebhookEventId,
  type: z.enum([...WEBHOOK_TYPES, webhookTestType]),
  at: EpochMs.describe('When what it tells happened.'),
  state: z
    .enum(DELIVERY_STATES)
    .describe('`dead`: nobody took it in three days; it can be replayed.'),
  attempts: z.number().int().min(0).describe('Failed ones, since it was made or replayed.'),
  nextAttemptAt: EpochMs.exactOptional().describe('With `waiting`; in the past while it is due.'),
  settledAt: EpochMs.exactOptional().describe('When it was delivered, or given up.'),
  lastStatus: z.number().int().exactOptional().describe('The HTTP status of the last answer.'),
  lastFault: z.string().exactOptional().describe('Why the last attempt failed.'),
})
export type WebhookDelivery = Readonly<z.output<typeof WebhookDelivery>>

export const WebhookDeliveryPage = Shape('Deliveries of a webhook, newest first.', {
  items: z.array(WebhookDelivery).readonly(),
  next: WebhookEventId.exactOptional().describe(
    'Pass as `before` for the following page; absent on the last one.',
  ),
})
export type WebhookDeliveryPage = Readonly<z.output<typeof WebhookDeliveryPage>>

// ---- what came of a command -------------------------------------------------------------------

export const WebhookAccepted = Shape('The command was carried out.', {
  outcome: z.literal('accepted'),
  serverTime: EpochMs,
  webhookId: WebhookId,
  webhook: WebhookView.exactOptional().describe('As it is now; absent where it was deleted.'),
  secret: z
    .string()
    .exactOptional()
    .describe('With a new webhook or a new secret: `whsec_…`. Keep it; it is not shown again.'),
  eventId: WebhookEventId.exactOptional().describe('With a test: the event that is sent.'),
  requeued: z
    .number()
    .int()
    .min(0)
    .exactOptional()
    .describe('With a replay: how many deliveries wait again.'),
  left: z
    .literal(true)
    .exactOptional()
    .describe('With a replay: there were more than one call takes; ask again.'),
  replayed: z
    .literal(true)
    .exactOptional()
    .describe('This was made before: the key was used already.'),
})
export type WebhookAccepted = Readonly<z.output<typeof WebhookAccepted>>

export const WebhookRefused = Shape('The command was heard and not carried out; `code` says why.', {
  outcome: z.literal('refused'),
  code: z.enum(Object.keys(WEBHOOK_REFUSALS) as [WebhookRefusalCode, ...WebhookRefusalCode[]]),
  webhookId: WebhookId.exactOptional(),
  serverTime: EpochMs,
  retryable: z.boolean(),
  field: z.string().exactOptional().describe('With `webhook_url_refused`: `url`.'),
  reason: z.string().exactOptional().describe('With `webhook_url_refused`: what is wrong with it.'),
  max: z.number().int().exactOptional().describe('With `webhook_limit` and `secret_limit`.'),
  retryAfterMs: z.number().exactOptional(),
  incidentId: z.string().exactOptional(),
})
export type WebhookRefused = Readonly<z.output<typeof WebhookRefused>>

export const WebhookUnknown = Shape('The outcome is in doubt: ask what there is, or do it again.', {
  outcome: z.literal('unknown'),
  code: z.literal('outcome_unknown'),
  webhookId: WebhookId.exactOptional(),
  serverTime: EpochMs,
  retryable: z.literal(true),
})
export type WebhookUnknown = Readonly<z.output<typeof WebhookUnknown>>

export const WebhookOutcome = z.discriminatedUnion('outcome', [
  WebhookAccepted,
  WebhookRefused,
  WebhookUnknown,
])
export type WebhookOutcome = Readonly<z.output<typeof WebhookOutcome>>
