// The statements by which pushes are decided and noted.
import { UNCOUNTED_TYPES } from '../core/push/policy.ts'

const deviceColumns = `
  d.platform, d.token, d.token_kind, d.locale, d.time_zone, d.quiet_from_min, d.quiet_to_min`

/** Whether the device has the notification `n`, by the feed or by its conversation (mark `k`). */
const isDelivered = `
  coalesce(n.seq <= d.feed_delivered_seq OR k.delivered_seq >= n.source_seq, false)`

const withMark = `
  LEFT JOIN device_marks k
         ON n.source = 'conversation' AND k.user_id = d.user_id AND k.device_id = d.device_id
            AND k.conversation_id = n.aggregate_id`

/** Whether the notification `n` is of a message that was deleted. */
const isDeleted = `
  (n.type = 'message' AND n.data ? 'deleted')`

const uncounted = UNCOUNTED_TYPES.map((type) => `'${type}'`).join(', ')

/**
 * Everything about each of many pushes: users, devices, seqs, and now in ms for each. One row for each, in their
 * order. `OFFSET 0` has PostgreSQL look each up by its keys, as it would look up one alone, however little was
 * in the tables when the statement was planned.
 */
export const factsQuery = {
  name: 'notifier-push-facts',
  text: `
    SELECT facts.*
      FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[])
             WITH ORDINALITY AS due (user_id, device_id, seq, now_ms, place)
     CROSS JOIN LATERAL (
           SELECT ${deviceColumns}, n.type, n.at_ms, n.data, n.is_read, ${isDelivered} AS is_delivered,
                  s.state,
                  EXISTS (SELECT FROM push_sends o
                           WHERE n.type = 'message' AND o.user_id = due.user_id
                             AND o.device_id = due.device_id AND o.seq > due.seq
                             AND o.type = 'message' AND o.conversation_id = n.aggregate_id
                             AND o.state = 'accepted') AS is_overtaken,
                  p.types ->> n.type AS wanted, coalesce(p.previews, true) AS previews,
                  coalesce(n.type IN ('message', 'offer') AND m.muted_until_ms > due.now_ms, false)
                    OR EXISTS (SELECT FROM blocks b
                                WHERE n.type IN ('message', 'offer') AND b.blocker_id = due.user_id
                                  AND b.blocked_id = n.data ->> 'senderId') AS is_muted,
                  l.state AS lot_state, l.ends_at_ms AS lot_ends_at_ms, l.leads AS lot_leads,
                  sent.last_hour, sent.unheard, u.unread
             FROM (SELECT) one
             LEFT JOIN devices d ON d.user_id = due.user_id AND d.device_id = due.device_id
             LEFT JOIN told_notifications n ON n.user_id = due.user_id AND n.seq = due.seq
             LEFT JOIN push_sends s
                    ON s.user_id = due.user_id AND s.device_id = due.device_id AND s.seq = due.seq
             LEFT JOIN notification_preferences p ON p.user_id = due.user_id
             LEFT JOIN conversation_members m
                    ON n.source = 'conversation' AND m.conversation_id = n.aggregate_id
                       AND m.user_id = due.user_id
                  ${withMark}
             LEFT JOIN LATERAL (
                    SELECT t.state, (t.view ->> 'endsAt')::bigint AS ends_at_ms,
                           t.leader_id = due.user_id AS leads
                      FROM lot_states t
                     WHERE n.type IN ('outbid', 'lot_ending') AND t.lot_id = n.aggregate_id
                     LIMIT 1) l ON true
            CROSS JOIN LATERAL (
                    SELECT count(*) FILTER (WHERE type NOT IN (${uncounted})
                                              AND at_ms > due.now_ms - 3600000) AS last_hour,
                           count(*) FILTER (WHERE at_ms > d.seen_at_ms) AS unheard
                      FROM push_sends
                     WHERE user_id = due.user_id AND device_id = due.device_id AND state = 'accepted'
                       AND at_ms > least(due.now_ms - 3600000, d.seen_at_ms)) sent
            CROSS JOIN LATERAL unread_count(due.user_id) u
           OFFSET 0) facts
     ORDER BY due.place`,
}

/**
 * The ends of many pushes: users, devices, seqs, states, tags, times in ms. What a notification is about is kept
 * with the push, since it may be gone before the push is. In one order only, so that no two wait for each other.
 */
export const noteQuery = {
  name: 'notifier-note-pushes',
  text: `
    INSERT INTO push_sends
           (user_id, device_id, seq, state, type, conversation_id, message_seq, tag, at_ms)
    SELECT n.user_id, e.device_id, n.seq, e.state, n.type, (n.data ->> 'conversationId')::uuid,
           (n.data ->> 'messageSeq')::bigint, e.tag, e.at_ms
      FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[])
             AS e (user_id, device_id, seq, state, tag, at_ms)
     CROSS JOIN LATERAL (
           SELECT o.user_id, o.seq, o.type, o.data FROM notifications o
            WHERE o.user_id = e.user_id AND o.seq = e.seq
            LIMIT 1) n
     ORDER BY n.user_id, e.device_id COLLATE "C", n.seq
        ON CONFLICT (user_id, device_id, seq) DO NOTHING`,
}

/** $1 user, $2 device. One row for each that waits; one of nothing where none does. */
export const digestQuery = {
  name: 'notifier-digest-facts',
  text: `
    SELECT ${deviceColumns}, u.unread, s.seq, s.type,
           n.seq IS NULL OR n.is_read OR ${isDelivered} OR ${isDeleted} AS is_over
      FROM (SELECT) one
      LEFT JOIN devices d ON d.user_id = $1 AND d.device_id = $2
     CROSS JOIN LATERAL unread_count($1) u
      LEFT JOIN push_sends s ON s.user_id = $1 AND s.device_id = $2 AND s.state = 'waits'
      LEFT JOIN told_notifications n ON n.user_id = $1 AND n.seq = s.seq
           ${withMark}
     ORDER BY s.seq`,
}

/** $3 those that waited when the digest was decided upon; $4 null: nothing was told of them. */
export const endDigestQuery = {
  name: 'notifier-end-digest',
  text: `
    UPDATE push_sends SET state = 'digested', tag = $4, cleared = $4::text IS NULL
     WHERE user_id = $1 AND device_id = $2 AND state = 'waits' AND seq = ANY ($3::bigint[])`,
}

/** As `digestQuery`, of what the device may still show. */
export const badgeQuery = {
  name: 'notifier-badge-facts',
  text: `
    SELECT ${deviceColumns}, u.unread, s.seq, s.tag,
           n.seq IS NULL OR n.is_read OR ${isDeleted} AS is_over
      FROM (SELECT) one
      LEFT JOIN devices d ON d.user_id = $1 AND d.device_id = $2
     CROSS JOIN LATERAL unread_count($1) u
      LEFT JOIN push_sends s
             ON s.user_id = $1 AND s.device_id = $2 AND NOT s.cleared
                AND s.state IN ('accepted', 'digested')
      LEFT JOIN told_notifications n ON n.user_id = $1 AND n.seq = s.seq
     ORDER BY s.seq`,
}

export const clearedQuery = {
  name: 'notifier-note-cleared',
  text: `
    UPDATE push_sends SET cleared = true
     WHERE user_id = $1 AND device_id = $2 AND seq = ANY ($3::bigint[])`,
}

export const forgetDeviceQuery = {
  name: 'notifier-forget-device',
  text: 'DELETE FROM devices WHERE user_id = $1 AND device_id = $2 AND token = $3',
}

export const forgetQuery = {
  name: 'notifier-forget-pushes',
  text: `
    WITH lots AS (DELETE FROM lot_endings WHERE ends_at_ms < $1)
    DELETE FROM push_sends
     WHERE ctid = ANY (ARRAY(SELECT ctid FROM push_sends WHERE at_ms < $1 LIMIT $2))`,
}
