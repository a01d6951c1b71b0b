// The statements by which a notifier notes what became of deliveries, and of their webhooks.
import type { PoolClient } from 'pg'
import type { PauseReason } from '../../protocol/webhooks.ts'
import { failingPauseMs } from '../limits.ts'
import type { Attempted, PausedWebhook } from '../ports/webhook-queue.ts'

export async function settle(
  client: PoolClient,
  attempted: readonly Attempted[],
  nowMs: number,
): Promise<PausedWebhook[]> {
  if (attempted.length === 0) return []
  await settleDeliveries(client, attempted, nowMs)
  return await settleWebhooks(client, attempted, nowMs)
}

/** What another took over in the meantime keeps what the other makes of it; what arrived, arrived. */
async function settleDeliveries(
  client: PoolClient,
  attempted: readonly Attempted[],
  nowMs: number,
): Promise<void> {
  const rows = attempted.map(({ eventId, webhookId, leasedUntilMs, verdict }) => ({
    eventId,
    webhookId,
    leasedUntilMs,
    state: verdict.type === 'again' ? 'waiting' : verdict.type,
    dueAtMs: verdict.type === 'again' ? verdict.dueAtMs : leasedUntilMs,
    status: verdict.status ?? null,
    fault: verdict.type === 'delivered' ? null : verdict.fault,
  }))
  await client.query({
    name: 'notifier-settle-deliveries',
    text: `
      UPDATE webhook_deliveries d
         SET state = s.state,
             attempts = d.attempts + (s.state <> 'delivered')::int,
             due_at_ms = s.due_at_ms,
             settled_at_ms = CASE WHEN s.state <> 'waiting' THEN $8::bigint END,
             last_status = s.status,
             last_fault = s.fault
        FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::bigint[], $6::int[], $7::text[])
               AS s (event_id, webhook_id, leased_until_ms, state, due_at_ms, status, fault)
       WHERE d.event_id = s.event_id AND d.webhook_id = s.webhook_id
         AND (d.state = 'waiting' AND d.due_at_ms = s.leased_until_ms OR s.state = 'delivered')`,
    values: [
      rows.map(({ eventId }) => eventId),
      rows.map(({ webhookId }) => webhookId),
      rows.map(({ leasedUntilMs }) => leasedUntilMs),
      rows.map(({ state }) => state),
      rows.map(({ dueAtMs }) => dueAtMs),
      rows.map(({ status }) => status),
      rows.map(({ fault }) => fault),
      nowMs,
    ],
  })
}

/** How a receiver has shown itself. */
interface Showing {
  readonly webhookId: string
  readonly delivered: boolean
  readonly gone: boolean
  readonly heldUntilMs: number | null
}

function showings(attempted: readonly Attempted[]): Showing[] {
  // What could not be told says nothing about the receiver.
  const tried = attempted.filter(({ verdict }) => verdict.type !== 'dead' || !verdict.untold)
  const byWebhook = Map.groupBy(tried, ({ webhookId }) => webhookId)
  return Array.from(byWebhook, ([webhookId, of]) => {
    const verdicts = of.map(({ verdict }) => verdict)
    const holds = verdicts.flatMap((one) => (one.type === 'again' ? (one.heldUntilMs ?? []) : []))
    return {
      webhookId,
      delivered: verdicts.some(({ type }) => type === 'delivered'),
      gone: verdicts.some((one) => one.type === 'dead' && one.gone),
      heldUntilMs: holds.length === 0 ? null : Math.max(...holds),
    }
  })
}

/** The rows are locked in one order, so that two notifiers do not wait for each other. */
async function settleWebhooks(
  client: PoolClient,
  attempted: readonly Attempted[],
  nowMs: number,
): Promise<PausedWebhook[]> {
  const shown = showings(attempted)
  const { rows } = await client.query<{ webhook_id: string; paused: PauseReason | null }>({
    name: 'notifier-settle-webhooks',
    text: `
      WITH shown AS (
        SELECT w.webhook_id, s.held_until_ms,
               CASE WHEN NOT s.delivered THEN coalesce(w.failing_since_ms, $5::bigint) END AS failing_since_ms,
               CASE WHEN s.gone THEN 'gone'
                    WHEN NOT s.delivered AND w.failing_since_ms <= $6 THEN 'failing' END AS paused
          FROM unnest($1::uuid[], $2::bool[], $3::bool[], $4::bigint[])
                 AS s (webhook_id, delivered, gone, held_until_ms)
          JOIN webhooks w ON w.webhook_id = s.webhook_id
         WHERE w.paused IS NULL
           AND (s.gone OR s.held_until_ms IS NOT NULL OR s.delivered = (w.failing_since_ms IS NOT NULL)
                OR w.failing_since_ms <= $6)
         ORDER BY w.webhook_id
           FOR NO KEY UPDATE OF w
      )
      UPDATE webhooks w
         SET failing_since_ms = s.failing_since_ms, paused = s.paused,
             held_until_ms = greatest(w.held_until_ms, s.held_until_ms)
        FROM shown s WHERE w.webhook_id = s.webhook_id
      RETURNING w.webhook_id, w.paused`,
    values: [
      shown.map(({ webhookId }) => webhookId),
      shown.map(({ delivered }) => delivered),
      shown.map(({ gone }) => gone),
      shown.map(({ heldUntilMs }) => heldUntilMs),
      nowMs,
      nowMs - failingPauseMs,
    ],
  })
  return rows.flatMap(({ webhook_id, paused }) =>
    paused === null ? [] : [{ webhookId: webhook_id, reason: paused }],
  )
}
