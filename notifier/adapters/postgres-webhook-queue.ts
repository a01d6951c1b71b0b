// The queue of deliveries on PostgreSQL. A delivery's row is its job: whoever takes it moves its due time to
// the end of a lease, so nothing is locked while a receiver is waited for, and what a notifier that died had
// taken is due again.
import type { PoolClient } from 'pg'
import { type Pool, transaction } from '../../platform/postgres/pool.ts'
import type { WebhookEventType } from '../../protocol/webhooks.ts'
import type { Commit } from '../core/commit.ts'
import type { Source } from '../core/notice.ts'
import {
  deadKeptMs,
  deliveredKeptMs,
  deliveryLeaseMs,
  forgetRowsMax,
  inFlightPerWebhookMax,
  pausedWaitMs,
} from '../limits.ts'
import type { DueDelivery, WebhookQueue } from '../ports/webhook-queue.ts'
import { readConversationCommits } from './conversation-queries.ts'
import { readLotCommits } from './lot-queries.ts'
import { settle } from './webhook-settling.ts'

export function createPostgresWebhookQueue(pool: Pool): WebhookQueue {
  return {
    take: async (nowMs, underWay) =>
      (await isAnybodyTold(pool))
        ? await transaction(pool, (client) => take(client, nowMs, underWay))
        : [],
    settle: (attempted, nowMs) => transaction(pool, (client) => settle(client, attempted, nowMs)),
    tidy: (nowMs) => tidy(pool, nowMs),
    lagMs: (nowMs) => lagMs(pool, nowMs),
  }
}

/** Where there is no webhook nothing is due. To look for it nevertheless was a tenth of what an idle notifier does. */
async function isAnybodyTold(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query({
    name: 'notifier-any-webhook',
    text: 'SELECT FROM webhooks LIMIT 1',
  })
  return rows.length > 0
}

/** Bids that were gathered long enough. One that grows at this moment is left for the next time. */
const sealQuery = {
  name: 'notifier-seal-gathered-bids',
  text: `
    UPDATE webhook_events SET sealed = true
     WHERE event_id IN (SELECT event_id FROM webhook_events
                         WHERE NOT sealed AND seal_at_ms <= $1 FOR UPDATE SKIP LOCKED)`,
}

/** LATERAL takes of each webhook by itself, so that the backlog of one is nobody else's. */
const takeQuery = {
  name: 'notifier-take-deliveries',
  text: `
    WITH taken AS MATERIALIZED (
      SELECT due.event_id, due.webhook_id
        FROM webhooks w
        LEFT JOIN unnest($3::uuid[], $4::int[]) AS under_way (webhook_id, count)
               ON under_way.webhook_id = w.webhook_id
       CROSS JOIN LATERAL (
              SELECT d.event_id, d.webhook_id
                FROM webhook_deliveries d JOIN webhook_events v ON v.event_id = d.event_id AND v.sealed
               WHERE d.webhook_id = w.webhook_id AND d.state = 'waiting' AND d.due_at_ms <= $1
               ORDER BY d.due_at_ms
               LIMIT greatest(0, $5 - coalesce(under_way.count, 0))
                 FOR UPDATE OF d SKIP LOCKED) due
       WHERE w.paused IS NULL AND coalesce(w.held_until_ms, 0) <= $1
    )
    UPDATE webhook_deliveries d SET due_at_ms = $2
      FROM taken t
      JOIN webhooks w ON w.webhook_id = t.webhook_id
      JOIN webhook_events v ON v.event_id = t.event_id
     WHERE d.event_id = t.event_id AND d.webhook_id = t.webhook_id
    RETURNING d.event_id, d.webhook_id, d.attempts, w.url,
              v.type, v.source, v.aggregate_id, v.from_seq, v.to_seq, v.at_ms,
              ARRAY(SELECT s.secret FROM webhook_secrets s
                     WHERE s.webhook_id = d.webhook_id AND (s.until_ms IS NULL OR s.until_ms > $1)
                     ORDER BY s.created_at_ms DESC, s.secret_id DESC) AS secrets`,
}

interface DueRow {
  readonly event_id: string
  readonly webhook_id: string
  readonly attempts: number
  readonly url: string
  readonly type: WebhookEventType
  /** What is in no log is a test, and its own source. */
  readonly source: Source | 'test'
  readonly aggregate_id: string
  readonly from_seq: number
  readonly to_seq: number
  readonly at_ms: number
  readonly secrets: readonly string[]
}

async function take(
  client: PoolClient,
  nowMs: number,
  underWay: ReadonlyMap<string, number>,
): Promise<DueDelivery[]> {
  await client.query({ ...sealQuery, values: [nowMs] })
  const leasedUntilMs = nowMs + deliveryLeaseMs
  const { rows } = await client.query<DueRow>({
    ...takeQuery,
    values: [
      nowMs,
      leasedUntilMs,
      [...underWay.keys()],
      [...underWay.values()],
      inFlightPerWebhookMax,
    ],
  })
  const commits = await readCommits(client, rows)
  return rows.map((row) => ({
    eventId: row.event_id,
    webhookId: row.webhook_id,
    type: row.type,
    atMs: row.at_ms,
    commit: commits.get(row.event_id),
    url: row.url,
    secrets: row.secrets,
    failures: row.attempts,
    leasedUntilMs,
  }))
}

/** What the logs hold of the events now, each read once for all of its deliveries. */
async function readCommits(
  client: PoolClient,
  rows: readonly DueRow[],
): Promise<ReadonlyMap<string, Commit>> {
  const events = [...new Map(rows.map((row) => [row.event_id, row])).values()]
  const places = (of: Source) =>
    events
      .filter(({ source }) => source === of)
      .map((row, at) => ({
        eventId: row.event_id,
        outboxId: at,
        source: of,
        aggregateId: row.aggregate_id,
        fromSeq: row.from_seq,
        toSeq: row.to_seq,
        createdAtMs: row.at_ms,
      }))
  const lots = places('lot')
  const talks = places('conversation')
  const commits = [
    ...(await readLotCommits(client, lots)),
    ...(await readConversationCommits(client, talks, { rooms: true })),
  ]
  return new Map(
    [...lots, ...talks].flatMap(({ eventId }, at) => {
      const commit = commits[at]
      return commit === undefined ? [] : [[eventId, commit] as const]
    }),
  )
}

async function tidy(pool: Pool, nowMs: number): Promise<void> {
  await pool.query({
    name: 'notifier-give-up-paused',
    text: `
      UPDATE webhook_deliveries d
         SET state = 'dead', settled_at_ms = $1,
             last_fault = coalesce(d.last_fault, 'the webhook was paused')
        FROM webhooks w
       WHERE w.paused IS NOT NULL AND d.webhook_id = w.webhook_id
         AND d.state = 'waiting' AND d.due_at_ms < $2`,
    values: [nowMs, nowMs - pausedWaitMs],
  })
  for (;;) {
    const { rowCount } = await pool.query({
      name: 'notifier-forget-webhook-events',
      text: `
        DELETE FROM webhook_events WHERE event_id IN (
          SELECT v.event_id FROM webhook_events v
           WHERE v.at_ms < $1 AND (
                   SELECT coalesce(bool_and(w.webhook_id IS NULL OR d.state = 'delivered'
                                            OR d.state = 'dead' AND v.at_ms < $2), true)
                     FROM webhook_deliveries d LEFT JOIN webhooks w ON w.webhook_id = d.webhook_id
                    WHERE d.event_id = v.event_id)
           ORDER BY v.at_ms LIMIT $3 FOR UPDATE SKIP LOCKED)`,
      values: [nowMs - deliveredKeptMs, nowMs - deadKeptMs, forgetRowsMax],
    })
    if ((rowCount ?? 0) < forgetRowsMax) return
  }
}

async function lagMs(pool: Pool, nowMs: number): Promise<number> {
  const { rows } = await pool.query<{ oldest: number | null }>({
    name: 'notifier-webhook-lag',
    text: `
      SELECT min(due.due_at_ms) AS oldest FROM webhooks w
       CROSS JOIN LATERAL (SELECT d.due_at_ms FROM webhook_deliveries d
                            WHERE d.webhook_id = w.webhook_id AND d.state = 'waiting'
                            ORDER BY d.due_at_ms LIMIT 1) due
       WHERE w.paused IS NULL AND coalesce(w.held_until_ms, 0) <= $1`,
    values: [nowMs],
  })
  const oldest = rows[0]?.oldest ?? null
  return oldest === null ? 0 : Math.max(0, nowMs - oldest)
}
