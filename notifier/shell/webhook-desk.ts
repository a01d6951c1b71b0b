// Serves what is asked about webhooks: each command is one transaction of its own, and may be asked for
// twice. Secrets are made here, and leave in the answer to whoever made them, nowhere else.
import { randomBytes } from 'node:crypto'
import type { Bus, Unlisten } from '../../platform/bus/bus.ts'
import type { Clock } from '../../platform/clock.ts'
import { codeOf } from '../../platform/failure.ts'
import { uuidv7 } from '../../platform/ids.ts'
import type { Part } from '../../platform/lifecycle.ts'
import type { Logger } from '../../platform/log.ts'
import { classifyDatabaseError } from '../../platform/retry.ts'
import { isRetryable, type WebhookRefusalCode } from '../../protocol/refusals.ts'
import { webhookCommandsSubject, webhookQueue } from '../../protocol/subjects.ts'
import type { WebhookCommand } from '../../protocol/webhook-commands.ts'
import type { WebhookAccepted, WebhookOutcome, WebhookRefused } from '../../protocol/webhooks.ts'
import { secretBytes, secretsPerWebhookMax, webhooksMax } from '../limits.ts'
import type { WebhookRegister } from '../ports/webhook-register.ts'
import type { WebhookSender } from '../ports/webhook-sender.ts'

export interface WebhookDeskOptions {
  readonly register: WebhookRegister
  readonly sender: Pick<WebhookSender, 'objection'>
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Logger
}

type Refusal = readonly [
  code: WebhookRefusalCode,
  fields?: Pick<WebhookRefused, 'field' | 'reason' | 'max' | 'incidentId'>,
]
/** What was done, or why it was not. */
type Done = Pick<
  WebhookAccepted,
  'webhook' | 'secret' | 'eventId' | 'requeued' | 'left' | 'replayed'
>
type Came = Done | { readonly refused: Refusal }

export function createWebhookDesk(options: WebhookDeskOptions): Part {
  let unlisten: Unlisten | undefined
  const underWay = new Set<Promise<WebhookOutcome>>()
  const answer = (command: WebhookCommand): Promise<WebhookOutcome> => {
    const answering = submit(options, command).finally(() => underWay.delete(answering))
    underWay.add(answering)
    return answering
  }
  return {
    name: 'webhook desk',
    start: async () => {
      unlisten = await options.bus.serve(
        webhookCommandsSubject,
        (command) => answer(command as WebhookCommand),
        { queue: webhookQueue },
      )
    },
    drain: async () => {
      unlisten?.()
      await Promise.all(underWay)
    },
    stop: async () => unlisten?.(),
  }
}

/** Never rejects. `unknown` where the database did not say: to ask again does no harm. */
async function submit(
  options: WebhookDeskOptions,
  command: WebhookCommand,
): Promise<WebhookOutcome> {
  const { clock } = options
  const { webhookId } = command
  // The gateway asks the same of its table of rights.
  const isPermitted = command.actor.roles.includes('service')
  try {
    const came: Came = isPermitted ? await done(options, command) : { refused: ['not_permitted'] }
    if ('refused' in came) return refusal(webhookId, came.refused, clock.nowMs())
    return { outcome: 'accepted', serverTime: clock.nowMs(), webhookId, ...came }
  } catch (err) {
    return failed(options, command, err)
  }
}

async function done(options: WebhookDeskOptions, command: WebhookCommand): Promise<Came> {
  const { register, clock } = options
  const { webhookId } = command
  const nowMs = clock.nowMs()
  await register.note(logEntry(command, nowMs))
  switch (command.type) {
    case 'create_webhook':
      return await create(options, command)
    case 'update_webhook':
      return await update(options, command)
    case 'delete_webhook':
      return (await register.remove(webhookId)) ? {} : missing
    case 'rotate_webhook_secret': {
      const secret = { secretId: command.secretId, secret: newSecret() }
      const rotated = await register.rotate(webhookId, secret, command.overlapMs, nowMs)
      if (rotated.type === 'missing') return missing
      if (rotated.type === 'full')
        return { refused: ['secret_limit', { max: secretsPerWebhookMax }] }
      return { webhook: rotated.webhook, secret: rotated.secret }
    }
    case 'replay_delivery': {
      const isThere = await register.replay(webhookId, command.eventId, nowMs)
      return isThere ? { requeued: 1 } : { refused: ['delivery_missing'] }
    }
    case 'replay_dead': {
      const replayed = await register.replayDead(webhookId, command.deadSinceMs, nowMs)
      if (replayed === undefined) return missing
      return { requeued: replayed.requeued, ...(replayed.left ? { left: true } : {}) }
    }
    case 'test_webhook': {
      const webhook = await register.test(webhookId, command.eventId, nowMs)
      return webhook === undefined ? missing : { webhook, eventId: command.eventId }
    }
  }
}

/** Commands hold no secret: those are made here. */
function logEntry({ type, webhookId, actor, ...detail }: WebhookCommand, atMs: number) {
  return { atMs, serviceId: actor.userId, action: type, webhookId, detail }
}

const missing: Came = { refused: ['webhook_missing'] }

async function create(
  { register, sender, clock }: WebhookDeskOptions,
  command: Extract<WebhookCommand, { type: 'create_webhook' }>,
): Promise<Came> {
  const { webhookId, secretId, url, types = null, description = null, actor } = command
  const reason = await sender.objection(url)
  if (reason !== undefined) return { refused: ['webhook_url_refused', { field: 'url', reason }] }
  const added = await register.add(
    { webhookId, url, types, description, createdBy: actor.userId },
    { secretId, secret: newSecret() },
    clock.nowMs(),
  )
  if (added.type === 'full') return { refused: ['webhook_limit', { max: webhooksMax }] }
  if (added.type === 'another') return { refused: ['idempotency_mismatch'] }
  const { webhook, secret, type } = added
  return { webhook, secret, ...(type === 'repeated' ? { replayed: true } : {}) }
}

async function update(
  { register, sender }: WebhookDeskOptions,
  { webhookId, changes }: Extract<WebhookCommand, { type: 'update_webhook' }>,
): Promise<Came> {
  const reason = changes.url === undefined ? undefined : await sender.objection(changes.url)
  if (reason !== undefined) return { refused: ['webhook_url_refused', { field: 'url', reason }] }
  const webhook = await register.change(webhookId, changes)
  return webhook === undefined ? missing : { webhook }
}

/** As Standard Webhooks writes them. */
function newSecret(): string {
  return `whsec_${randomBytes(secretBytes).toString('base64')}`
}

function refusal(
  webhookId: string,
  [code, fields = {}]: Refusal,
  serverTime: number,
): WebhookRefused {
  const retryable = isRetryable(code)
  return { outcome: 'refused', code, webhookId, serverTime, retryable, ...fields }
}

function failed(
  { clock, log }: WebhookDeskOptions,
  { type, webhookId }: WebhookCommand,
  cause: unknown,
): WebhookOutcome {
  const state = codeOf(cause)
  const serverTime = clock.nowMs()
  if (classifyDatabaseError(cause) !== undefined || state === undefined) {
    log.warn({ err: cause, command: type, webhookId }, 'a command about webhooks failed')
    return { outcome: 'unknown', code: 'outcome_unknown', webhookId, serverTime, retryable: true }
  }
  const incidentId = uuidv7()
  // Not the error itself: it may quote the row, and that may hold a secret.
  log.error(
    { state, incidentId, command: type, webhookId },
    'a command about webhooks can not be done',
  )
  return refusal(webhookId, ['internal', { incidentId }], serverTime)
}
