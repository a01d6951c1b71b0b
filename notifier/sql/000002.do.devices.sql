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

-- Users of whom nothing is left here, and which of their requests that answers.
CREATE TABLE feed_erasures (
  user_id         text COLLATE "C" PRIMARY KEY,
  requested_at_ms bigint NOT NULL
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
