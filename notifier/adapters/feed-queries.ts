// The statements by which the notifier adds to the users' feeds.
import type { PoolClient } from 'pg'
import type { Notification, NotificationType, UserEvents } from '../../protocol/notifications.ts'
import type { Notice } from '../core/derive.ts'
import type { Underivable } from '../ports/feed-journal.ts'

/**
 * One statement, so that a feed is locked, numbered and written at once. `streams` locks the feeds by
 * moving them on, always in the order of the user ids, so two notifiers cannot wait for each other; a
 * feed's row stays locked to the commit, so its seqs become visible in order. Causes told before are
 * left out before anything is numbered, so they take no seq; nobody else can be telling them now, since
 * whoever tells a cause holds its row of the outbox. LATERAL with a LIMIT looks each cause up by its key,
 * however few notifications there were when the statement was planned.
 */
const appendQuery = {
  name: 'notifier-append',
  text: `
    WITH fresh AS (
      SELECT n.*,
             row_number() OVER (PARTITION BY n.user_id ORDER BY n.place) AS nth,
             count(*) OVER (PARTITION BY n.user_id) AS of_user
        FROM unnest($1::text[], $2::text[], $3::bigint[], $4::uuid[], $5::bigint[], $6::jsonb[])
               WITH ORDINALITY
               AS n (user_id, type, at_ms, lot_id, cause_seq, data, place)
        LEFT JOIN LATERAL (
               SELECT true AS told FROM notifications t
                WHERE t.source = 'lot' AND t.aggregate_id = n.lot_id AND t.source_seq = n.cause_seq
                  AND t.user_id = n.user_id AND t.type = n.type
                LIMIT 1) before ON true
       WHERE before.told IS NULL
    ), streams AS (
      INSERT INTO user_streams AS s (user_id, last_seq)
      SELECT user_id, count(*) FROM fresh GROUP BY user_id ORDER BY user_id COLLATE "C"
          ON CONFLICT (user_id) DO UPDATE SET last_seq = s.last_seq + excluded.last_seq
      RETURNING user_id, last_seq
    )
    INSERT INTO notifications (user_id, seq, type, at_ms, source, aggregate_id, source_seq, data)
    SELECT f.user_id, s.last_seq - f.of_user + f.nth, f.type, f.at_ms, 'lot', f.lot_id, f.cause_seq, f.data
      FROM fresh f JOIN streams s ON s.user_id = f.user_id
     ORDER BY f.place
    RETURNING user_id, seq, type, at_ms, data`,
}

interface AppendedRow {
  readonly user_id: string
  readonly seq: number
  readonly type: NotificationType
  readonly at_ms: number
  readonly data: Notice['data']
}

/** Adds the notices to the feeds of their users and returns what was added. */
export async function append(
  client: PoolClient,
  notices: readonly Notice[],
): Promise<readonly UserEvents[]> {
  if (notices.length === 0) return []
  const { rows } = await client.query<AppendedRow>({
    ...appendQuery,
    values: [
      notices.map(({ userId }) => userId),
      notices.map(({ type }) => type),
      notices.map(({ atMs }) => atMs),
      notices.map(({ lotId }) => lotId),
      notices.map(({ causeSeq }) => causeSeq),
      notices.map(({ data }) => JSON.stringify(data)),
    ],
  })
  return feedsOf(rows)
}

function feedsOf(rows: readonly AppendedRow[]): UserEvents[] {
  const feeds = new Map<string, Notification[]>()
  for (const { user_id, seq, type, at_ms, data } of rows) {
    const notification = { ...data, seq, type, at: at_ms }
    const feed = feeds.get(user_id)
    if (feed === undefined) feeds.set(user_id, [notification])
    else feed.push(notification)
  }
  return [...feeds].map(([userId, events]) => ({
    userId,
    events: events.toSorted((one, other) => one.seq - other.seq),
  }))
}

/** Keeps what could not be derived for an operator to look at. */
export async function recordUnderivable(
  client: PoolClient,
  { outboxId, lotId, fromSeq, toSeq, fault }: Underivable,
): Promise<void> {
  await client.query({
    name: 'notifier-record-underivable',
    text: `
      INSERT INTO underivable_commits (outbox_id, source, aggregate_id, from_seq, to_seq, fault)
      VALUES ($1, 'lot', $2, $3, $4, $5)
          ON CONFLICT (outbox_id) DO NOTHING`,
    values: [outboxId, lotId, fromSeq, toSeq, String(fault)],
  })
}
