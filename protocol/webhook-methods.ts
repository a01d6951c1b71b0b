// The methods by which the marketplace's own back end settles what it is told, and where.
import { z } from 'zod'
import { EpochMs } from './auction.ts'
import type { MethodTable } from './method-table.ts'
import { WholeNumber } from './query.ts'
import { Text } from './text.ts'
import {
  DELIVERY_STATES,
  WEBHOOK_TYPES,
  WebhookDeliveryPage,
  WebhookEventId,
  WebhookId,
  WebhookList,
  WebhookOutcome,
  WebhookView,
} from './webhooks.ts'

const urlCharactersMax = 2_048
const Address = Text(urlCharactersMax).min(1)
const Types = z
  .array(z.enum(WEBHOOK_TYPES))
  .min(1)
  .max(WEBHOOK_TYPES.length)
  .refine((types) => new Set(types).size === types.length, { message: 'expected each type once' })
const Description = Text(300)
const commandId = Text(128).min(1).optional().describe('A repeat gets the same answer again.')

const overlapHoursMax = 7 * 24

const CreateWebhook = z.object({
  url: Address.describe('https, on a public address.').meta({
    examples: ['https://shop.example/outcry'],
  }),
  types: Types.optional().describe('All, where it is left out: those that are still to come too.'),
  description: Description.optional(),
  commandId,
})
const WebhookRef = z.object({ webhookId: WebhookId })
export const UpdateWebhook = WebhookRef.extend({
  url: Address.optional(),
  types: Types.nullable().optional().describe('Null: all.'),
  description: Description.nullable().optional(),
  paused: z.boolean().optional().describe('What is due while it is paused waits.'),
})
export type UpdateWebhook = z.output<typeof UpdateWebhook>
const RotateWebhookSecret = WebhookRef.extend({
  overlapHours: z
    .number()
    .min(0)
    .max(overlapHoursMax)
    .default(24)
    .describe('For so long the secrets of before sign as well; 0 ends them at once.'),
  commandId,
})
const ListDeliveries = WebhookRef.extend({
  state: z.enum(DELIVERY_STATES).optional(),
  before: WebhookEventId.optional(),
  limit: WholeNumber.min(1).max(100).default(50),
})
export type ListDeliveries = z.output<typeof ListDeliveries>
const ReplayDeliveries = WebhookRef.extend({
  eventId: WebhookEventId.optional().describe('This one, whatever became of it.'),
  deadSince: EpochMs.optional().describe('All that were given up since then, epoch milliseconds.'),
}).refine(({ eventId, deadSince }) => (eventId === undefined) !== (deadSince === undefined), {
  path: ['eventId'],
  message: 'expected either eventId or deadSince',
})

const one = '/v1/webhooks/{webhookId}'

export const WEBHOOK_METHODS = {
  'webhook.create': {
    params: CreateWebhook,
    http: {
      method: 'POST',
      path: '/v1/webhooks',
      success: 201,
      idempotencyKey: 'commandId',
    },
    audience: 'user',
    result: WebhookOutcome,
    summary: 'Has an address told what happens. The answer shows the secret, once.',
  },
  'webhook.list': {
    params: z.object({}),
    http: { method: 'GET', path: '/v1/webhooks', success: 200 },
    audience: 'user',
    result: WebhookList,
    summary: 'All webhooks, without their secrets.',
  },
  'webhook.get': {
    params: WebhookRef,
    http: { method: 'GET', path: one, success: 200 },
    audience: 'user',
    result: WebhookView,
    summary: 'A webhook as it is now, without its secret.',
  },
  'webhook.update': {
    params: UpdateWebhook,
    http: { method: 'PATCH', path: one, success: 200 },
    audience: 'user',
    result: WebhookOutcome,
    summary: 'Changes where a webhook leads and what it is told, pauses it, or lets it go on.',
  },
  'webhook.delete': {
    params: WebhookRef,
    http: { method: 'DELETE', path: one, success: 200 },
    audience: 'user',
    result: WebhookOutcome,
    summary: 'Ends a webhook; what is still on its way there is forgotten.',
  },
  'webhook.rotateSecret': {
    params: RotateWebhookSecret,
    http: {
      method: 'POST',
      path: `${one}/rotate-secret`,
      success: 200,
      idempotencyKey: 'commandId',
    },
    audience: 'user',
    result: WebhookOutcome,
    summary: 'Makes a new secret; for a while the old one signs as well.',
  },
  'webhook.deliveries': {
    params: ListDeliveries,
    http: { method: 'GET', path: `${one}/deliveries`, success: 200 },
    audience: 'user',
    result: WebhookDeliveryPage,
    summary: 'What is on its way, was delivered within a day, or was given up.',
  },
  'webhook.replay': {
    params: ReplayDeliveries,
    http: { method: 'POST', path: `${one}/replay`, success: 200 },
    audience: 'user',
    result: WebhookOutcome,
    summary: 'Sends a delivery again, or all that were given up since a time.',
  },
  'webhook.test': {
    params: WebhookRef,
    http: { method: 'POST', path: `${one}/test`, success: 202 },
    audience: 'user',
    result: WebhookOutcome,
    summary: 'Sends an event that tells nothing, to see whether it arrives.',
  },
} as const satisfies MethodTable
