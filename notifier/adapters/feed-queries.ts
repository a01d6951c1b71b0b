// The statements by which the notifier adds to the users' feeds, and changes what they hold.
import type { PoolClient } from 'pg'
import { BinaryArray } from '../../platform/postgres/binary-array.ts'
import type { Notification, NotificationType, UserEvents } from '../../protocol/notifications.ts'
import type { Notice, Redaction } from '../core/notice.ts'
import { outbidHoldMs } from '../limits.ts'
import type { Underivable } from '../ports/feed-journal.ts'
import { TASKS } from '../ports/job-queue.ts'
import { keyedFlag } from './graphile-queries.ts'

/** A notification as it stands in the feed of `userId`. */
export interface FeedEntry {
  readonly userId: string
  readonly notification: Notification
}

/**
 * One statement, so that a feed is locked, numbered and written at once. `streams` locks the feeds by
 * moving them on, always in the order of the user ids, so two notifiers cannot wait for each other; a
 * feed's row stays locked to the commit, so its seqs become visible in order. Causes told before are
 * left out before anything is numbered, so they take no seq; nobody else can be telling them now, since
 * whoever tells a cause holds its row of the outbox. So is what the user has settled to be told nothing of.
 * LATERAL with a LIMIT looks each cause up by its key, however few notifications there were when the
 * statement was planned. `heads` is looked up by the place of the user in its order: joined by the user,
 * every notice was compared with every feed, which was two thirds of the time of telling 256 bidders.
 * Only the numbers come back, as one JSON: the rest was sent from here, and a row for each cost several times as much to read.
 *
 * Each device of the users gets a job for each notification that they want pushed; without devices there is
 * nothing to add, and nothing is. Of a lot somebody stands outbid on only the last counts, and its job waits
 * a little under a key, so that a storm of bids makes neither a job nor a push for each.
 */
const appendQuery = {
  name: 'notifier-append',
  text: `
    WITH fresh AS (
      SELECT n.*, coalesce(wanted.how, 'push') AS how,
             row_number() OVER (PARTITION BY n.user_id ORDER BY n.place) AS nth,
             count(*) OVER (PARTITION BY n.user_id) AS of_user,
             dense_rank() OVER (ORDER BY n.user_id COLLATE "C") AS user_no
        FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::uuid[], $6::bigint[], $7::int[])
               WITH ORDINALITY
               AS n (user_id, type, at_ms, source, aggregate_id, cause_seq, data_no, place)
        LEFT JOIN LATERAL (
               SELECT true AS told FROM notifications t
                WHERE t.source = n.source AND t.aggregate_id = n.aggregate_id
                  AND t.source_seq = n.cause_seq AND t.user_id = n.user_id AND t.type = n.type
                LIMIT 1) before ON true
        LEFT JOIN LATERAL (
               SELECT p.types ->> n.type AS how FROM notification_preferences p
                WHERE p.user_id = n.user_id
                LIMIT 1) wanted ON true
       WHERE before.told IS NULL AND wanted.how IS DISTINCT FROM 'off'
    ), streams AS (
      INSERT INTO user_streams AS s (user_id, last_seq)
      SELECT user_id, count(*) FROM fresh GROUP BY user_id ORDER BY user_id COLLATE "C"
          ON CONFLICT (user_id) DO UPDATE SET last_seq = s.last_seq + excluded.last_seq
      RETURNING user_id, last_seq
    ), heads AS (
      SELECT array_agg(last_seq ORDER BY user_id COLLATE "C") AS of_users FROM streams
    ), numbered AS (
      SELECT f.*, (SELECT of_users FROM heads)[f.user_no] - f.of_user + f.nth AS seq FROM fresh f
    ), told AS (
      INSERT INTO notifications (user_id, seq, type, at_ms, source, aggregate_id, source_seq, data)
      SELECT user_id, seq, type, at_ms, source, aggregate_id, cause_seq, ($8::jsonb[])[data_no] FROM numbered
       ORDER BY place
    ), pushes AS (
      SELECT array_agg((
               'push',
               json_strip_nulls(json_build_object(
                 'userId', n.user_id, 'deviceId', d.device_id, 'seq', n.seq,
                 'toldAtMs', floor(extract(epoch FROM now()) * 1000)::bigint,
                 'conversationId', CASE n.source WHEN 'conversation' THEN n.aggregate_id END)),
               NULL,
               CASE n.type WHEN 'outbid' THEN now() + interval '${outbidHoldMs} ms' END,
               ${TASKS.push.attemptsMax},
               CASE n.type WHEN 'outbid'
                 THEN concat_ws(':', 'outbid', n.user_id, n.aggregate_id, d.device_id) END,
               NULL,
               CASE n.type WHEN 'outbid' THEN ARRAY['${keyedFlag}'] END)::graphile_worker.job_spec
               ORDER BY n.place) AS specs
        FROM (SELECT *, lead(place) OVER (PARTITION BY user_id, type, aggregate_id ORDER BY place) AS newer
                FROM numbered) n
       CROSS JOIN LATERAL (SELECT device_id FROM devices WHERE user_id = n.user_id) d
       WHERE n.how = 'push' AND (n.type <> 'outbid' OR n.newer IS NULL)
    ), jobs AS (
      SELECT count(*) FROM pushes CROSS JOIN LATERAL graphile_worker.add_jobs(pushes.specs, true)
       WHERE pushes.specs IS NOT NULL
    )
    SELECT (SELECT json_agg(json_build_array(place, seq) ORDER BY place) FROM numbered) AS numbers FROM jobs`,
}

/** Adds the notices to the feeds of their users and returns those that were new, numbered. */
export async function append(client: PoolClient, notices: readonly Notice[]): Promise<FeedEntry[]> {
  if (notices.length === 0) return []
  const { rows } = await client.query<{ numbers: readonly [place: number, seq: number][] | null }>({
    ...appendQuery,
    values: columnsOf(notices),
  })
  const numbers = rows[0]?.numbers ?? []
  return numbers.flatMap(([place, seq]) => {
    const notice = notices[place - 1]
    if (notice === undefined) return []
    const { userId, type, atMs, data } = notice
    return [{ userId, notification: { ...data, seq, type, at: atMs } }]
  })
}

/**
 * In binary form, since a storm of messages brings hundreds of JSON texts, each full of quotes. What several are
 * told in the same words is sent once: each bidder of a storm is told the same of its lot.
 */
function columnsOf(notices: readonly Notice[]): Buffer[] {
  const userIds = new BinaryArray('text')
  const types = new BinaryArray('text')
  const times = new BinaryArray('bigint')
  const sources = new BinaryArray('text')
  const aggregateIds = new BinaryArray('uuid')
  const causeSeqs = new BinaryArray('bigint')
  const dataNos = new BinaryArray('integer')
  const texts = new BinaryArray('jsonb')
  const numbers = new Map<Notice['data'], number>()
  for (const { userId, type, atMs, source, aggregateId, causeSeq, data } of notices) {
    userIds.push(userId)
    types.push(type)
    times.push(atMs)
    sources.push(source)
    aggregateIds.push(aggregateId)
    causeSeqs.push(causeSeq)
    const dataNo = numbers.get(data) ?? numbers.size + 1
    dataNos.push(dataNo)
    if (dataNo > numbers.size) texts.push(JSON.stringify(data))
    numbers.set(data, dataNo)
  }
  const columns = [userIds, types, times, sources, aggregateIds, causeSeqs, dataNos, texts]
  return columns.map((column) => column.encoded())
}

interface ChangedRow {
  readonly user_id: string
  readonly seq: number
  readonly type: NotificationType
  readonly at_ms: number
  readonly data: Notice['data']
}

/**
 * Has what was told of these messages say what they say now, or that they were deleted, and returns what changed. `OFFSET 0` keeps
 * PostgreSQL from making one join of it: planned while there were few messages it read every notification
 * of a message for each edit, and 512 edits took four seconds.
 */
export async function redact(
  client: PoolClient,
  redactions: readonly Redaction[],
): Promise<FeedEntry[]> {
  if (redactions.length === 0) return []
  const { rows } = await client.query<ChangedRow>({
    name: 'notifier-redact',
    text: `
      UPDATE notifications n
         SET data = n.data - 'text' || jsonb_strip_nulls(
               jsonb_build_object('text', r.text, 'deleted', r.deleted))
        FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::boolean[])
               AS r (conversation_id, message_seq, text, deleted)
       CROSS JOIN LATERAL (
              SELECT t.user_id, t.seq FROM notifications t
               WHERE t.source = 'conversation' AND t.aggregate_id = r.conversation_id
                 AND t.source_seq = r.message_seq AND t.type = 'message'
                 AND (t.data ->> 'text' IS DISTINCT FROM r.text OR r.deleted AND NOT t.data ? 'deleted')
              OFFSET 0) told
       WHERE n.user_id = told.user_id AND n.seq = told.seq
      RETURNING n.user_id, n.seq, n.type, n.at_ms, n.data`,
    values: [
      redactions.map(({ conversationId }) => conversationId),
      redactions.map(({ messageSeq }) => messageSeq),
      redactions.map(({ text = null }) => text),
      redactions.map(({ deleted = null }) => deleted),
    ],
  })
  return rows.map(({ user_id, seq, type, at_ms, data }) => ({
    userId: user_id,
    notification: { ...data, seq, type, at: at_ms },
  }))
}

/** What is to be said to each user's gateways. */
export function feedsOf(added: readonly FeedEntry[], changed: readonly FeedEntry[]): UserEvents[] {
  const events = byUser(added)
  const changes = byUser(changed)
  return [...new Set([...events.keys(), ...changes.keys()])].map((userId) => {
    const changedOfUser = changes.get(userId)
    return {
      userId,
      events: events.get(userId) ?? [],
      ...(changedOfUser === undefined ? {} : { changed: changedOfUser }),
    }
  })
}

function byUser(entries: readonly FeedEntry[]): ReadonlyMap<string, Notification[]> {
  const feeds = Map.groupBy(entries, ({ userId }) => userId)
  return new Map(
    Array.from(feeds, ([userId, of]) => [userId, of.map(({ notification }) => notification)]),
  )
}

/** Keeps what could not be derived for an operator to look at. */
export async function recordUnderivable(
  client: PoolClient,
  { outboxId, source, aggregateId, fromSeq, toSeq, fault }: Underivable,
): Promise<void> {
  await client.query({
    name: 'notifier-record-underivable',
    text: `
      INSERT INTO underivable_commits (outbox_id, source, aggregate_id, from_seq, to_seq, fault)
      VALUES ($1, $2, $3, $4, $5, $6)
          ON CONFLICT (outbox_id) DO NOTHING`,
    values: [outboxId, source, aggregateId, fromSeq, toSeq, String(fault)],
  })
}
