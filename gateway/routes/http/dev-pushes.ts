// `GET /v1/dev/pushes`: what phones show, for whoever develops against an Outcry of their own.
import { z } from 'zod'
import { PushToken } from '../../../protocol/devices.ts'
import { faultsOf } from '../../../protocol/faults.ts'
import { UserId } from '../../../protocol/ids.ts'
import { inputSchema, type JsonSchema } from '../../../protocol/json-schema.ts'
import type { PhoneView, PhoneWindow } from '../../ports/phone-window.ts'
import { jsonContent, type Operation, parametersIn, refTo, security } from './openapi-parts.ts'
import { problemRef } from './openapi-problems.ts'
import { badRequest, json } from './problem.ts'
import type { Resource } from './resource.ts'

const DevPushes = z.object({
  token: PushToken.optional().describe('Of one device; any, where it is left out.'),
  userId: UserId.optional().describe('Whoever got something there; any, where it is left out.'),
})

/** For developers only: it shows everybody's messages. */
export function devPushesResource(phones: PhoneWindow): Resource {
  return {
    method: 'GET',
    path: '/v1/dev/pushes',
    kind: 'api',
    handle: async ({ fields }) => {
      const checked = DevPushes.safeParse(fields)
      if (!checked.success) return badRequest(faultsOf(checked.error))
      const { token, userId } = checked.data
      const items = phones
        .phones()
        .filter((phone) => token === undefined || phone.token === token)
        .filter((phone) => userId === undefined || isOf(userId, phone))
      return json(200, { items })
    },
  }
}

/** The key of a push begins with its user, whose id holds no colon. */
function isOf(userId: string, { deliveries }: PhoneView): boolean {
  return deliveries.some(({ message }) => message.data?.['key']?.startsWith(`${userId}:`) === true)
}

// ---- described --------------------------------------------------------------------------------

const epochMs = { type: 'integer', description: 'Epoch milliseconds.' }
const text = { type: 'string' }

export const DEV_PHONES_SCHEMA: JsonSchema = {
  type: 'object',
  description: 'Phones that pushes were sent to, the latest first.',
  properties: {
    items: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          token: text,
          shown: {
            type: 'array',
            description: 'What a person would see there, oldest first.',
            items: {
              type: 'object',
              properties: { atMs: epochMs, key: text, tag: text, title: text, body: text },
              required: ['atMs'],
            },
          },
          badge: { type: 'integer', description: 'The number on the app’s icon.' },
          arrived: { type: 'integer' },
          doubles: { type: 'integer', description: 'Of these the app had had so many already.' },
          deliveries: {
            type: 'array',
            description: 'The last that arrived, as FCM got them, oldest first.',
            items: {
              type: 'object',
              properties: { atMs: epochMs, messageId: text, message: { type: 'object' } },
              required: ['atMs', 'messageId', 'message'],
            },
          },
        },
        required: ['token', 'shown', 'arrived', 'doubles', 'deliveries'],
      },
    },
  },
  required: ['items'],
}

export const DEV_PUSHES_OPERATION: Operation = {
  operationId: 'dev.pushes',
  summary: 'What phones show; only there where the server is for developers and pushes go nowhere.',
  tags: ['service'],
  security: security.none,
  parameters: parametersIn('query', new Set(['token', 'userId']), inputSchema(DevPushes)),
  responses: {
    200: { description: 'The phones.', content: jsonContent({ $ref: refTo('DevPhones') }) },
    ...problemRef('BadRequest'),
    ...problemRef('Unauthorized'),
    ...problemRef('TooManyRequests'),
    ...problemRef('InternalError'),
    ...problemRef('Unavailable'),
  },
}
