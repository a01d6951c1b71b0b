// The statements by which the notifier notes, beside the users' feeds, what webhooks are to be told.
import type { PoolClient } from 'pg'
import { uuidv7 } from '../../platform/ids.ts'
import { bidsPerEventMax } from '../../protocol/webhook-payloads.ts'
import { WEBHOOK_TYPES } from '../../protocol/webhooks.ts'
import type { WebhookCause } from '../core/notice.ts'
import { gatherBids } from '../core/webhooks/derive-webhooks.ts'
import { gatherBidsMs } from '../limits.ts'

/** The types that any webhook wants, paused ones included. */
export async function readWantedTypes(client: PoolClient): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ types: readonly string[] | null }>({
    name: 'notifier-wanted-webhook-types',
    text: 'SELECT DISTINCT types FROM webhooks',
  })
  return new Set(rows.flatMap(({ types }) => types ?? WEBHOOK_TYPES))
}

/**
 * Notes what webhooks are told, and for which of them it waits; nothing where none wants it. Bids go into
 * the event of their lot that still gathers, while it has room. Nobody else adds to that event meanwhile:
 * whoever tells a commit of the lot holds back all later ones.
 */
export async function recordWebhookCauses(
  client: PoolClient,
  causes: readonly WebhookCause[],
  wanted: ReadonlySet<string>,
): Promise<void> {
  const told = causes.filter(({ type }) => wanted.has(type))
  if (told.length === 0) return
  const bids = gatherBids(told.filter(({ type }) => type === 'bid.accepted'))
  const others = told.filter(({ type }) => type !== 'bid.accepted')
  await addEvents(client, [...(await beginGathering(client, bids)), ...others.map(newEvent)])
}

interface NewEvent extends WebhookCause {
  readonly eventId: string
  /** When it is told at the earliest, epoch ms. */
  readonly dueAtMs: number
  readonly sealed: boolean
}

function newEvent(cause: WebhookCause): NewEvent {
  return { ...cause, eventId: uuidv7(), dueAtMs: cause.atMs, sealed: true }
}

/**
 * Lets the first bids of each lot into the event that gathers, where it has room, and returns what needs
 * events of its own. Of those only the last of a lot gathers on.
 */
async function beginGathering(
  client: PoolClient,
  bids: readonly WebhookCause[],
): Promise<NewEvent[]> {
  if (bids.length === 0) return []
  const byLot = Map.groupBy(bids, ({ aggregateId }) => aggregateId)
  const joined = await joinGathering(
    client,
    [...byLot.values()].flatMap(([first]) => first ?? []),
  )
  const left = Array.from(byLot, ([lotId, of]) => (joined.has(lotId) ? of.slice(1) : of))
  await endGathering(
    client,
    left.flatMap(([next]) => next?.aggregateId ?? []),
  )
  return left.flatMap((of) =>
    of.map((cause, at) => {
      const gathers = at === of.length - 1
      const dueAtMs = gathers ? cause.atMs + gatherBidsMs : cause.atMs
      return { ...newEvent(cause), dueAtMs, sealed: !gathers }
    }),
  )
}

/** Returns the lots whose event had room. */
async function joinGathering(
  client: PoolClient,
  firsts: readonly WebhookCause[],
): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ aggregate_id: string }>({
    name: 'notifier-join-gathered-bids',
    text: `
      UPDATE webhook_events v
         SET to_seq = n.to_seq, at_ms = n.at_ms, bids = v.bids + n.bids
        FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::int[])
               AS n (lot_id, to_seq, at_ms, bids)
       WHERE v.aggregate_id = n.lot_id AND NOT v.sealed AND v.bids + n.bids <= $5
      RETURNING v.aggregate_id`,
    values: [
      firsts.map(({ aggregateId }) => aggregateId),
      firsts.map(({ toSeq }) => toSeq),
      firsts.map(({ atMs }) => atMs),
      firsts.map(({ bids }) => bids),
      bidsPerEventMax,
    ],
  })
  return new Set(rows.map(({ aggregate_id }) => aggregate_id))
}

/** What is full gathers no more, though it is told in its own time. */
async function endGathering(client: PoolClient, lotIds: readonly string[]): Promise<void> {
  if (lotIds.length === 0) return
  await client.query({
    name: 'notifier-end-gathered-bids',
    text: `UPDATE webhook_events SET sealed = true
            WHERE NOT sealed AND aggregate_id = ANY ($1::uuid[])`,
    values: [lotIds],
  })
}

async function addEvents(client: PoolClient, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return
  await client.query({
    name: 'notifier-add-webhook-events',
    text: `
      WITH fresh AS (
        SELECT n.*, ARRAY(SELECT w.webhook_id FROM webhooks w
                           WHERE w.types IS NULL OR n.type = ANY (w.types)) AS webhook_ids
          FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::bigint[], $6::bigint[],
                      $7::bigint[], $8::int[], $9::bool[], $10::bigint[])
                 AS n (event_id, type, source, aggregate_id, from_seq, to_seq, at_ms, bids, sealed, due_at_ms)
      ), told AS (
        INSERT INTO webhook_events
               (event_id, type, source, aggregate_id, from_seq, to_seq, at_ms, bids, sealed, seal_at_ms)
        SELECT event_id, type, source, aggregate_id, from_seq, to_seq, at_ms, bids, sealed, due_at_ms
          FROM fresh WHERE webhook_ids <> '{}'
      )
      INSERT INTO webhook_deliveries (event_id, webhook_id, due_at_ms)
      SELECT f.event_id, w.webhook_id, f.due_at_ms FROM fresh f CROSS JOIN unnest(f.webhook_ids) AS w (webhook_id)`,
    values: [
      events.map(({ eventId }) => eventId),
      events.map(({ type }) => type),
      events.map(({ source }) => source),
      events.map(({ aggregateId }) => aggregateId),
      events.map(({ fromSeq }) => fromSeq),
      events.map(({ toSeq }) => toSeq),
      events.map(({ atMs }) => atMs),
      events.map(({ bids }) => bids),
      events.map(({ sealed }) => sealed),
      events.map(({ dueAtMs }) => dueAtMs),
    ],
  })
}
