// Webhooks: what the marketplace's own back end is told, and where. Only role `service` has to do with them.
import { uuidv5, uuidv7 } from '../../platform/ids.ts'
import type { Actor } from '../../protocol/identity.ts'
import type { MethodParams } from '../../protocol/methods.ts'
import type { WebhookCommand } from '../../protocol/webhook-commands.ts'
import type { WEBHOOK_METHODS } from '../../protocol/webhook-methods.ts'
import type { Caller } from '../ports/desk.ts'
import type { WebhookBook } from '../ports/webhook-book.ts'
import type { WebhookOffice } from '../ports/webhook-office.ts'
import { type MethodHandlers, type MethodResult, permitted } from './method.ts'

export interface WebhookRoutesOptions {
  readonly webhookOffice: WebhookOffice
  readonly webhookBook: WebhookBook
}

type WebhookMethod = keyof typeof WEBHOOK_METHODS

export function webhookRoutes(options: WebhookRoutesOptions): MethodHandlers<WebhookMethod> {
  const { webhookOffice, webhookBook } = options
  const settle = async (
    method: WebhookMethod,
    caller: Caller,
    order: (actor: Actor) => Order,
  ): Promise<MethodResult> => {
    const right = permitted(method, caller)
    if ('denied' in right) return right.denied
    const { actor } = right
    return { kind: 'outcome', outcome: await webhookOffice.submit({ ...order(actor), actor }) }
  }
  return {
    'webhook.create': async (caller, params) =>
      await settle('webhook.create', caller, (actor) => creation(actor, params)),
    'webhook.update': async (caller, { webhookId, ...changes }) =>
      await settle('webhook.update', caller, () => ({
        type: 'update_webhook',
        webhookId,
        changes,
      })),
    'webhook.delete': async (caller, { webhookId }) =>
      await settle('webhook.delete', caller, () => ({ type: 'delete_webhook', webhookId })),
    'webhook.rotateSecret': async (caller, params) =>
      await settle('webhook.rotateSecret', caller, (actor) => rotation(actor, params)),
    'webhook.replay': async (caller, params) =>
      await settle('webhook.replay', caller, () => replay(params)),
    'webhook.test': async (caller, { webhookId }) =>
      await settle('webhook.test', caller, () => ({
        type: 'test_webhook',
        webhookId,
        eventId: uuidv7(),
      })),
    'webhook.list': async (caller) =>
      await reading('webhook.list', caller, async () => ({ items: await webhookBook.webhooks() })),
    'webhook.get': async (caller, { webhookId }) =>
      await reading('webhook.get', caller, () => webhookBook.webhook(webhookId)),
    'webhook.deliveries': async (caller, asked) =>
      await reading('webhook.deliveries', caller, () => webhookBook.deliveries(asked)),
  }
}

/** A command before it has its actor. */
type Order = WebhookCommand extends infer Command
  ? Command extends WebhookCommand
    ? Omit<Command, 'actor'>
    : never
  : never

/** The same key of the same caller makes the same id, so a repeat finds what the first one made. */
function idOf(what: string, { userId }: Actor, key: string | undefined): string {
  return key === undefined ? uuidv7() : uuidv5(`${what}:${userId}:${key}`)
}

function creation(
  actor: Actor,
  { url, types, description, commandId }: MethodParams<'webhook.create'>,
): Order {
  return {
    type: 'create_webhook',
    webhookId: idOf('webhook', actor, commandId),
    secretId: uuidv7(),
    url,
    ...(types === undefined ? {} : { types }),
    ...(description === undefined ? {} : { description }),
  }
}

const hourMs = 3_600_000

function rotation(
  actor: Actor,
  { webhookId, overlapHours, commandId }: MethodParams<'webhook.rotateSecret'>,
): Order {
  const secretId = idOf(`webhook_secret:${webhookId}`, actor, commandId)
  const overlapMs = Math.round(overlapHours * hourMs)
  return { type: 'rotate_webhook_secret', webhookId, secretId, overlapMs }
}

/** The schema has seen to it that one of the two is there. */
function replay({ webhookId, eventId, deadSince = 0 }: MethodParams<'webhook.replay'>): Order {
  return eventId === undefined
    ? { type: 'replay_dead', webhookId, deadSinceMs: deadSince }
    : { type: 'replay_delivery', webhookId, eventId }
}

async function reading(
  method: WebhookMethod,
  caller: Caller,
  read: () => Promise<object | undefined>,
): Promise<MethodResult> {
  const right = permitted(method, caller)
  if ('denied' in right) return right.denied
  const data = await read()
  if (data !== undefined) return { kind: 'data', data }
  return { kind: 'error', error: 'not_available', detail: 'there is no such webhook' }
}
