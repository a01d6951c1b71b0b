-- Where pushes go, what their users want of them, and how far each user and each device has come.
--
-- Others read, and never write: all of these tables, and the view `told_notifications`.

CREATE TABLE devices (
  user_id            text COLLATE "C" NOT NULL,
  device_id          text COLLATE "C" NOT NULL,
  platform           text NOT NULL CHECK (platform IN ('android', 'ios', 'web')),
  -- Where the push service finds the device, which is in one hand only: whoever registers it later has it.
  token              text COLLATE "C" NOT NULL UNIQUE,
  token_kind         text NOT NULL CHECK (token_kind IN ('token', 'fid')),
  -- The BCP 47 tag as the device gave it; `nearestLocale` of protocol/devices.ts says which of ours that is.
  locale             text NOT NULL,
  -- IANA, as JavaScript spells it.
  time_zone          text NOT NULL,
  -- Minutes after midnight, in that zone; where the end is before the beginning, midnight lies between.
  quiet_from_min     smallint CHECK (quiet_from_min BETWEEN 0 AND 1439),
  quiet_to_min       smallint CHECK (quiet_to_min BETWEEN 0 AND 1439),
  -- The last time.
  registered_at_ms   bigint NOT NULL,
  -- To the hour: registered, or heard of.
  seen_at_ms         bigint NOT NULL,
  -- Everything of the feed up to here has reached the device.
  feed_delivered_seq bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (user_id, device_id),
  CHECK ((quiet_from_min IS NULL) = (quiet_to_min IS NULL) AND quiet_from_min <> quiet_to_min)
) WITH (fillfactor = 80);
CREATE INDEX devices_by_age ON devices (seen_at_ms);

-- Everything of a conversation up to here has reached the device. Kept only while pushes may still be due.
CREATE TABLE device_marks (
  user_id         text COLLATE "C" NOT NULL,
  device_id       text COLLATE "C" NOT NULL,
  conversation_id uuid NOT NULL,
  delivered_seq   bigint NOT NULL,
  at_ms           bigint NOT NULL,
  PRIMARY KEY (user_id, device_id, conversation_id),
  FOREIGN KEY (user_id, device_id) REFERENCES devices ON DELETE CASCADE
  -- A mark is written anew all the time: where its page has room for that, no index has to be touched.
) WITH (fillfactor = 80);

-- How far a user has read its feed.
CREATE TABLE feed_marks (
  user_id  text COLLATE "C" PRIMARY KEY,
  read_seq bigint NOT NULL
);

-- Only what a user has settled otherwise than it comes.
CREATE TABLE notification_preferences (
  user_id  text COLLATE "C" PRIMARY KEY,
  -- By the notification's type: 'push', 'feed' (and no push), 'off'. What is not named is 'push'.
  types    jsonb NOT NULL,
  -- Whether a push may quote a message.
  previews boolean NOT NULL
);

-- The users of `erasures` of whom nothing is left here.
CREATE TABLE feed_erasures (
  user_id      text COLLATE "C" PRIMARY KEY,
  erased_at_ms bigint NOT NULL
);

CREATE INDEX notifications_by_age ON notifications (at_ms);
-- Those that count by themselves: what concerns a message counts as that message.
CREATE INDEX notifications_counted ON notifications (user_id, seq) WHERE type NOT IN ('message', 'offer');

-- The feed, and what of it has been read. A message is read in its conversation and nowhere else, whatever
-- becomes of an offer there or in the feed, everything else in the feed.
CREATE VIEW told_notifications AS
SELECT n.user_id, n.seq, n.type, n.at_ms, n.source, n.aggregate_id, n.source_seq, n.data,
       coalesce(n.type IN ('message', 'offer') AND m.read_seq >= n.source_seq, false)
         OR n.type <> 'message' AND n.seq <= coalesce(f.read_seq, 0) AS is_read
  FROM notifications n
  LEFT JOIN feed_marks f ON f.user_id = n.user_id
  LEFT JOIN conversation_members m
         ON n.source = 'conversation' AND m.conversation_id = n.aggregate_id AND m.user_id = n.user_id;

-- What a user has not read, exactly: messages of its conversations, each counted as the inbox counts it,
-- and notifications that count by themselves. One row. A function of this form becomes a part of the
-- statement that calls it, and is planned with it.
CREATE FUNCTION unread_count(reader text) RETURNS TABLE (unread bigint)
LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(said.count - hidden.count), 0)::bigint
         + (SELECT count(*) FROM notifications n
             WHERE n.user_id = reader AND n.type NOT IN ('message', 'offer')
               AND n.seq > coalesce((SELECT f.read_seq FROM feed_marks f WHERE f.user_id = reader), 0))
    FROM conversation_members me
    JOIN conversations c ON c.conversation_id = me.conversation_id AND c.kind <> 'room'
                            AND c.last_message_seq > me.read_seq
   CROSS JOIN LATERAL (
     SELECT count(*) FROM messages m
      WHERE m.conversation_id = me.conversation_id AND m.seq > me.read_seq
        AND m.sender_id <> me.user_id AND m.state = 'visible') said
   CROSS JOIN LATERAL (
     SELECT count(*) FROM message_hides h
       JOIN messages m ON m.conversation_id = h.conversation_id AND m.message_id = h.message_id
      WHERE h.conversation_id = me.conversation_id AND h.user_id = me.user_id AND m.seq > me.read_seq
        AND m.sender_id <> me.user_id AND m.state = 'visible') hidden
   WHERE me.user_id = reader
$$;

-- Registers a device of `of_user`, or registers it anew. Whoever else had the token loses it, and of the
-- user's devices those which were heard of last are kept, `devices_max` of them.
CREATE FUNCTION register_device(
  of_user text, device text, device_platform text, push_token text, kind text, device_locale text,
  device_zone text, quiet_from smallint, quiet_to smallint, now_ms bigint, devices_max integer
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Of two who register the same token at once, the later finds what the earlier registered.
  PERFORM pg_advisory_xact_lock(hashtextextended(push_token, 0));
  DELETE FROM devices d WHERE d.token = push_token AND (d.user_id <> of_user OR d.device_id <> device);
  INSERT INTO devices (user_id, device_id, platform, token, token_kind, locale, time_zone,
                       quiet_from_min, quiet_to_min, registered_at_ms, seen_at_ms)
  VALUES (of_user, device, device_platform, push_token, kind, device_locale, device_zone,
          quiet_from, quiet_to, now_ms, now_ms)
      ON CONFLICT (user_id, device_id) DO UPDATE
     SET platform = excluded.platform, token = excluded.token, token_kind = excluded.token_kind,
         locale = excluded.locale, time_zone = excluded.time_zone,
         quiet_from_min = excluded.quiet_from_min, quiet_to_min = excluded.quiet_to_min,
         registered_at_ms = excluded.registered_at_ms, seen_at_ms = excluded.seen_at_ms;
  DELETE FROM devices d
   WHERE d.user_id = of_user
     AND d.device_id IN (SELECT o.device_id FROM devices o WHERE o.user_id = of_user
                          ORDER BY o.device_id = device DESC, o.seen_at_ms DESC OFFSET devices_max);
END $$;

-- Notes how far devices have come: in the conversation, or in the feed where none is named. That a device
-- was heard of is noted once in `precision_ms`.
CREATE FUNCTION note_device_marks(
  users text[], device_ids text[], conversations uuid[], seqs bigint[], now_ms bigint, precision_ms bigint
) RETURNS void LANGUAGE sql AS $$
  WITH said AS (
    SELECT m.user_id, m.device_id, m.conversation_id, max(m.seq) AS seq
      FROM unnest(users, device_ids, conversations, seqs) AS m (user_id, device_id, conversation_id, seq)
     GROUP BY m.user_id, m.device_id, m.conversation_id
  ), held AS MATERIALIZED (
    -- In this order whoever notes, so that no two wait for each other. One that is being removed is gone.
    SELECT d.*
      FROM (SELECT DISTINCT user_id COLLATE "C" AS user_id, device_id COLLATE "C" AS device_id
              FROM said ORDER BY 1, 2) who
     CROSS JOIN LATERAL (
       SELECT o.user_id, o.device_id, o.seen_at_ms, o.feed_delivered_seq FROM devices o
        WHERE o.user_id = who.user_id AND o.device_id = who.device_id
          FOR NO KEY UPDATE) d
  ), seen AS (
    UPDATE devices d
       SET feed_delivered_seq = greatest(h.feed_delivered_seq, said.seq),
           seen_at_ms = CASE WHEN h.seen_at_ms < now_ms - precision_ms THEN now_ms ELSE h.seen_at_ms END
      FROM held h
      LEFT JOIN said ON said.user_id = h.user_id AND said.device_id = h.device_id
                        AND said.conversation_id IS NULL
     WHERE d.user_id = h.user_id AND d.device_id = h.device_id
       AND (said.seq > h.feed_delivered_seq OR h.seen_at_ms < now_ms - precision_ms)
  )
  INSERT INTO device_marks AS m (user_id, device_id, conversation_id, delivered_seq, at_ms)
  SELECT said.user_id, said.device_id, said.conversation_id, said.seq, now_ms
    FROM said JOIN held h ON h.user_id = said.user_id AND h.device_id = said.device_id
   WHERE said.conversation_id IS NOT NULL
      ON CONFLICT (user_id, device_id, conversation_id) DO UPDATE
     SET delivered_seq = excluded.delivered_seq, at_ms = excluded.at_ms
   WHERE m.delivered_seq < excluded.delivered_seq
$$;

-- Erases what is kept of a user here, at most so many of its notifications at a time. Returns whether that
-- was all. How far its feed has come stays: a seq is never given twice.
CREATE FUNCTION erase_feed(erased_user text, now_ms bigint, notifications_max integer) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  erased bigint;
BEGIN
  DELETE FROM devices d WHERE d.user_id = erased_user;
  DELETE FROM notification_preferences p WHERE p.user_id = erased_user;
  DELETE FROM feed_marks f WHERE f.user_id = erased_user;
  DELETE FROM notifications n
   WHERE n.user_id = erased_user
     AND n.seq IN (SELECT o.seq FROM notifications o WHERE o.user_id = erased_user
                    ORDER BY o.seq LIMIT notifications_max);
  GET DIAGNOSTICS erased = ROW_COUNT;
  IF erased = notifications_max THEN
    RETURN false;
  END IF;
  INSERT INTO feed_erasures (user_id, erased_at_ms) VALUES (erased_user, now_ms) ON CONFLICT DO NOTHING;
  RETURN true;
END $$;
