// The register of webhooks on PostgreSQL.
import type { PoolClient } from 'pg'
import { type Pool, transaction } from '../../platform/postgres/pool.ts'
import { type WebhookView, webhookTestType } from '../../protocol/webhooks.ts'
import { replayRowsMax, secretsPerWebhookMax, webhooksMax } from '../limits.ts'
import type {
  Added,
  NewSecret,
  NewWebhook,
  Rotated,
  WebhookChanges,
  WebhookRegister,
} from '../ports/webhook-register.ts'

export function createPostgresWebhookRegister(pool: Pool): WebhookRegister {
  return {
    note: async ({ atMs, serviceId, action, webhookId, detail }) => {
      await pool.query({
        name: 'notifier-note-webhook-command',
        text: `
          INSERT INTO webhook_log (at_ms, service_id, action, webhook_id, detail)
          VALUES ($1, $2, $3, $4, $5)`,
        values: [atMs, serviceId, action, webhookId, JSON.stringify(detail)],
      })
    },
    add: (webhook, secret, nowMs) =>
      transaction(pool, (client) => add(client, webhook, secret, nowMs)),
    change: (webhookId, changes) =>
      transaction(pool, (client) => change(client, webhookId, changes)),
    remove: async (webhookId) => {
      const { rowCount } = await pool.query({
        name: 'notifier-remove-webhook',
        text: 'DELETE FROM webhooks WHERE webhook_id = $1',
        values: [webhookId],
      })
      return rowCount === 1
    },
    rotate: (webhookId, secret, overlapMs, nowMs) =>
      transaction(pool, (client) => rotate(client, webhookId, secret, overlapMs, nowMs)),
    replay: (webhookId, eventId, nowMs) => replay(pool, webhookId, eventId, nowMs),
    replayDead: (webhookId, sinceMs, nowMs) =>
      transaction(pool, (client) => replayDead(client, webhookId, sinceMs, nowMs)),
    test: (webhookId, eventId, nowMs) =>
      transaction(pool, (client) => test(client, webhookId, eventId, nowMs)),
  }
}

/** Those who add wait for each other, or together they would add more than there may be. */
const addersLock = {
  name: 'notifier-webhook-adders',
  text: "SELECT pg_advisory_xact_lock(hashtextextended('webhooks', 0))",
}

async function add(
  client: PoolClient,
  webhook: NewWebhook,
  secret: NewSecret,
  nowMs: number,
): Promise<Added> {
  await client.query(addersLock)
  const { webhookId, url, types, description, createdBy } = webhook
  const before = await view(client, webhookId)
  if (before !== undefined) return await repeated(client, before, webhook)
  const { rows } = await client.query<{ count: number }>({
    name: 'notifier-count-webhooks',
    text: 'SELECT count(*) FROM webhooks',
  })
  if ((rows[0]?.count ?? 0) >= webhooksMax) return { type: 'full' }
  await client.query({
    name: 'notifier-add-webhook',
    text: `
      INSERT INTO webhooks (webhook_id, url, types, description, created_by, created_at_ms)
      VALUES ($1, $2, $3, $4, $5, $6)`,
    values: [webhookId, url, types, description, createdBy, nowMs],
  })
  await addSecret(client, webhookId, secret, nowMs)
  const added = await view(client, webhookId)
  if (added === undefined) throw new Error('a webhook that was added is there')
  return { type: 'added', webhook: added, secret: secret.secret }
}

/** Whoever lost the answer gets it again, the secret included: nobody else knows the key it was made by. */
async function repeated(
  client: PoolClient,
  before: WebhookView,
  { webhookId, url, types }: NewWebhook,
): Promise<Added> {
  const isSame = before.url === url && String(before.types ?? null) === String(types)
  const secret = isSame ? await newestSecret(client, webhookId) : undefined
  return secret === undefined ? { type: 'another' } : { type: 'repeated', webhook: before, secret }
}

async function newestSecret(client: PoolClient, webhookId: string): Promise<string | undefined> {
  const { rows } = await client.query<{ secret: string }>({
    name: 'notifier-newest-webhook-secret',
    text: 'SELECT secret FROM webhook_secrets WHERE webhook_id = $1 AND until_ms IS NULL',
    values: [webhookId],
  })
  return rows[0]?.secret
}

async function addSecret(
  client: PoolClient,
  webhookId: string,
  { secretId, secret }: NewSecret,
  nowMs: number,
): Promise<void> {
  await client.query({
    name: 'notifier-add-webhook-secret',
    text: `
      INSERT INTO webhook_secrets (webhook_id, secret_id, secret, created_at_ms)
      VALUES ($1, $2, $3, $4)`,
    values: [webhookId, secretId, secret, nowMs],
  })
}

async function view(client: PoolClient, webhookId: string): Promise<WebhookView | undefined> {
  const { rows } = await client.query<{ view: WebhookView }>({
    name: 'notifier-webhook-view',
    text: 'SELECT view FROM webhook_views WHERE webhook_id = $1',
    values: [webhookId],
  })
  return rows[0]?.view
}

/** Another address has not failed yet; neither has one that is let go on. */
async function change(
  client: PoolClient,
  webhookId: string,
  { url, types, description, paused }: WebhookChanges,
): Promise<WebhookView | undefined> {
  await client.query({
    name: 'notifier-change-webhook',
    text: `
      UPDATE webhooks
         SET url = coalesce($2, url),
             types = CASE WHEN $3 THEN $4::text[] ELSE types END,
             description = CASE WHEN $5 THEN $6 ELSE description END,
             paused = CASE WHEN $7 THEN coalesce(paused, 'asked') WHEN NOT $7 THEN NULL ELSE paused END,
             failing_since_ms = CASE WHEN $2 <> url OR NOT $7 THEN NULL ELSE failing_since_ms END,
             held_until_ms = CASE WHEN $2 <> url OR NOT $7 THEN NULL ELSE held_until_ms END
       WHERE webhook_id = $1`,
    values: [
      webhookId,
      url ?? null,
      types !== undefined,
      types ?? null,
      description !== undefined,
      description ?? null,
      paused ?? null,
    ],
  })
  return await view(client, webhookId)
}

async function rotate(
  client: PoolClient,
  webhookId: string,
  secret: NewSecret,
  overlapMs: number,
  nowMs: number,
): Promise<Rotated> {
  const { rows } = await client.query<SecretRow>({
    name: 'notifier-lock-webhook-secrets',
    text: `
      SELECT s.secret_id, s.secret, s.until_ms
        FROM webhooks w JOIN webhook_secrets s ON s.webhook_id = w.webhook_id
       WHERE w.webhook_id = $1 FOR UPDATE`,
    values: [webhookId],
  })
  if (rows.length === 0) return { type: 'missing' }
  const made = rows.find(({ secret_id }) => secret_id === secret.secretId)
  if (made === undefined) {
    const signing = rows.filter(({ until_ms }) => until_ms === null || until_ms > nowMs)
    if (overlapMs > 0 && signing.length >= secretsPerWebhookMax) return { type: 'full' }
    await endSecrets(client, webhookId, nowMs, nowMs + overlapMs)
    await addSecret(client, webhookId, secret, nowMs)
  }
  const webhook = await view(client, webhookId)
  if (webhook === undefined) return { type: 'missing' }
  return { type: 'rotated', webhook, secret: made?.secret ?? secret.secret }
}

interface SecretRow {
  readonly secret_id: string
  readonly secret: string
  readonly until_ms: number | null
}

/** All secrets there are sign until then at the latest; those that have ended are forgotten. */
async function endSecrets(
  client: PoolClient,
  webhookId: string,
  nowMs: number,
  untilMs: number,
): Promise<void> {
  await client.query({
    name: 'notifier-end-webhook-secrets',
    text: 'UPDATE webhook_secrets SET until_ms = least(until_ms, $2) WHERE webhook_id = $1',
    values: [webhookId, untilMs],
  })
  await client.query({
    name: 'notifier-forget-webhook-secrets',
    text: 'DELETE FROM webhook_secrets WHERE webhook_id = $1 AND until_ms <= $2',
    values: [webhookId, nowMs],
  })
}

/** How a delivery waits again. */
const again = `state = 'waiting', attempts = 0, due_at_ms = $2, settled_at_ms = NULL`

async function replay(
  pool: Pool,
  webhookId: string,
  eventId: string,
  nowMs: number,
): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'notifier-replay-delivery',
    text: `
      UPDATE webhook_deliveries SET ${again}
       WHERE webhook_id = $1 AND event_id = $3
         AND EXISTS (SELECT FROM webhooks WHERE webhook_id = $1)`,
    values: [webhookId, nowMs, eventId],
  })
  return rowCount === 1
}

async function replayDead(
  client: PoolClient,
  webhookId: string,
  sinceMs: number,
  nowMs: number,
): Promise<{ readonly requeued: number; readonly left: boolean } | undefined> {
  if ((await view(client, webhookId)) === undefined) return undefined
  const { rowCount } = await client.query({
    name: 'notifier-replay-dead',
    text: `
      UPDATE webhook_deliveries SET ${again}
       WHERE webhook_id = $1 AND event_id IN (
             SELECT event_id FROM webhook_deliveries
              WHERE webhook_id = $1 AND state = 'dead' AND settled_at_ms >= $3
              ORDER BY event_id LIMIT $4 FOR UPDATE SKIP LOCKED)`,
    values: [webhookId, nowMs, sinceMs, replayRowsMax],
  })
  const requeued = rowCount ?? 0
  return { requeued, left: requeued === replayRowsMax }
}

async function test(
  client: PoolClient,
  webhookId: string,
  eventId: string,
  nowMs: number,
): Promise<WebhookView | undefined> {
  const webhook = await view(client, webhookId)
  if (webhook === undefined) return undefined
  await client.query({
    name: 'notifier-test-webhook',
    text: `
      WITH told AS (
        INSERT INTO webhook_events
               (event_id, type, source, aggregate_id, from_seq, to_seq, at_ms, bids, sealed, seal_at_ms)
        VALUES ($2, $4, 'test', $1, 0, 0, $3, 0, true, $3)
            ON CONFLICT (event_id) DO NOTHING
        RETURNING event_id)
      INSERT INTO webhook_deliveries (event_id, webhook_id, due_at_ms)
      SELECT event_id, $1, $3 FROM told`,
    values: [webhookId, eventId, nowMs, webhookTestType],
  })
  return webhook
}
