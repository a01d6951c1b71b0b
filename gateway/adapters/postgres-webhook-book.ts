// Webhooks as the notifier keeps them in PostgreSQL, read through its views.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { ListDeliveries } from '../../protocol/webhook-methods.ts'
import type { WebhookDelivery, WebhookDeliveryPage, WebhookView } from '../../protocol/webhooks.ts'
import type { WebhookBook } from '../ports/webhook-book.ts'
import { pageOf } from './keyset-page.ts'

/** A view of the notifier's gives its rows in the words of `protocol/`. */
interface Viewed<View> {
  readonly view: View
}

export function createPostgresWebhookBook(pool: Pool): WebhookBook {
  return {
    webhooks: async () => {
      const { rows } = await pool.query<Viewed<WebhookView>>({
        name: 'gateway-webhooks',
        text: 'SELECT view FROM webhook_views ORDER BY created_at_ms, webhook_id',
      })
      return rows.map(({ view }) => view)
    },
    webhook: async (webhookId) => {
      const { rows } = await pool.query<Viewed<WebhookView>>({
        name: 'gateway-webhook',
        text: 'SELECT view FROM webhook_views WHERE webhook_id = $1',
        values: [webhookId],
      })
      return rows[0]?.view
    },
    deliveries: (asked) => loadDeliveries(pool, asked),
  }
}

/** Of its own for those that are not delivered: they are few, and an index holds them alone. */
const deliveriesText = (state: ListDeliveries['state']): string => `
  SELECT d.event_id, d.view
    FROM webhooks w
    LEFT JOIN LATERAL (
         SELECT v.event_id, v.view FROM webhook_delivery_views v
          WHERE v.webhook_id = w.webhook_id AND ($2::uuid IS NULL OR v.event_id < $2)
                ${state === undefined ? '' : `AND v.state = '${state}'`}
          ORDER BY v.event_id DESC LIMIT $3) d ON true
   WHERE w.webhook_id = $1`

async function loadDeliveries(
  pool: Pool,
  { webhookId, state, before, limit }: ListDeliveries,
): Promise<WebhookDeliveryPage | undefined> {
  const { rows } = await pool.query<{
    readonly event_id: string | null
    readonly view: WebhookDelivery
  }>({
    name: `gateway-webhook-deliveries-${state ?? 'all'}`,
    text: deliveriesText(state),
    values: [webhookId, before ?? null, limit + 1],
  })
  // A webhook without deliveries is one row of nothing.
  if (rows.length === 0) return undefined
  const there = rows.filter(({ event_id }) => event_id !== null)
  return pageOf(
    there,
    limit,
    ({ view }) => view,
    ({ view }) => view.eventId,
  )
}
