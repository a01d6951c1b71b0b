-- Conversations, their members, their messages, and the log of everything that happened in them.
--
-- Others read, and never write: `conversations`, `conversation_members`, `messages`, `message_hides`,
-- `message_versions`, `reactions`, `blocks`, `chat_settings`, `attachments`, `moderation_rules`,
-- `moderation_cases`, and the view `conversation_publications`.

CREATE TABLE conversations (
  conversation_id    uuid PRIMARY KEY,
  kind               text NOT NULL CHECK (kind IN ('direct', 'order', 'room')),
  subject_type       text NOT NULL CHECK (subject_type IN ('listing', 'lot', 'sale', 'order')),
  subject_id         text NOT NULL,
  buyer_id           text COLLATE "C",
  seller_id          text COLLATE "C",
  created_at_ms      bigint NOT NULL,
  -- Rises with every commit. A batch is decided upon a version, and is written only if it still holds
  -- under the lock on this row; so all that was read of the conversation is as it was decided upon.
  version            bigint NOT NULL,
  -- The batch that wrote last: one whose answer was lost is recognised.
  batch_id           uuid NOT NULL,
  last_seq           bigint NOT NULL,
  last_message_id    uuid,
  last_message_seq   bigint NOT NULL DEFAULT 0,
  -- The creation, until there is a message: the order of the inbox.
  last_message_at_ms bigint NOT NULL,
  slow_mode_ms       integer NOT NULL DEFAULT 0,
  open_offer_id      uuid,
  -- When something must happen by itself: an offer ends, a receipt is told that was held back.
  due_ms             bigint,
  legal_hold         boolean NOT NULL DEFAULT false
  -- Every commit writes the row anew: where its page has room for that, no index has to be touched.
) WITH (fillfactor = 80);
CREATE INDEX conversations_due ON conversations (due_ms) WHERE due_ms IS NOT NULL;

-- Both members of a direct or order conversation. In a room a row is made when somebody first speaks there,
-- settles something for itself (a draft, a mute), or is silenced.
CREATE TABLE conversation_members (
  conversation_id    uuid NOT NULL,
  user_id            text COLLATE "C" NOT NULL,
  role               text NOT NULL CHECK (role IN ('buyer', 'seller', 'participant')),
  joined_seq         bigint NOT NULL,
  delivered_seq      bigint NOT NULL,
  read_seq           bigint NOT NULL,
  -- What the others were told last, and when: at most one receipt a second.
  told_delivered_seq bigint NOT NULL,
  told_read_seq      bigint NOT NULL,
  told_at_ms         bigint NOT NULL,
  muted_until_ms     bigint,
  archived           boolean NOT NULL DEFAULT false,
  pinned             boolean NOT NULL DEFAULT false,
  draft              text,
  -- By a moderator, in this conversation.
  silenced_until_ms  bigint,
  last_sent_at_ms    bigint,
  PRIMARY KEY (conversation_id, user_id)
) WITH (fillfactor = 80);
CREATE INDEX conversation_members_of_user ON conversation_members (user_id, conversation_id);

-- The least UUID of version 7 that can be made at an instant.
CREATE FUNCTION uuid_v7_floor(at_ms bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT (lpad(to_hex(at_ms), 12, '0') || '70008000000000000000')::uuid
$$;

-- The projection: each message as it is now. Message ids are UUIDs of version 7, which begin with their
-- time, so a month's messages lie in one partition, and one is found by its id without looking elsewhere.
CREATE TABLE messages (
  conversation_id uuid NOT NULL,
  message_id      uuid NOT NULL,
  -- Null while the message is held for review: it has no place in the stream then.
  seq             bigint,
  sender_id       text COLLATE "C" NOT NULL,
  kind            text NOT NULL,
  at_ms           bigint NOT NULL,
  state           text NOT NULL CHECK (state IN ('visible', 'held', 'deleted')),
  -- `MessageView` of protocol/chat.ts, as everybody may see it (seq 0 while it is held).
  view            jsonb NOT NULL,
  search          tsvector GENERATED ALWAYS AS (to_tsvector('simple', view ->> 'text')) STORED,
  PRIMARY KEY (conversation_id, message_id)
) PARTITION BY RANGE (message_id);
CREATE INDEX messages_by_seq ON messages (conversation_id, seq) INCLUDE (sender_id, state);
-- For erasures, which look for what still says something.
CREATE INDEX messages_by_sender ON messages (sender_id, message_id) WHERE state <> 'deleted';
CREATE INDEX messages_search ON messages USING gin (search);
CREATE TABLE messages_other PARTITION OF messages DEFAULT;

-- What happened, in order: the stream of the conversation. `detail` is what the publication says besides
-- the message. No text is here, so what is deleted is gone from all that is told later.
CREATE TABLE conversation_events (
  conversation_id uuid NOT NULL,
  seq             bigint NOT NULL,
  at_ms           bigint NOT NULL,
  type            text NOT NULL,
  actor_id        text COLLATE "C" NOT NULL,
  message_id      uuid,
  detail          jsonb NOT NULL,
  PRIMARY KEY (conversation_id, seq, at_ms)
) PARTITION BY RANGE (at_ms);
CREATE TABLE conversation_events_other PARTITION OF conversation_events DEFAULT;

-- Makes the partitions of the month of `at_ms` and of the `months` after it, where they are not there.
-- Returns how many months were made. A month for which there is no room now is left to the next call, or for
-- ever where messages of it lie among the others already; they are as well kept there.
CREATE FUNCTION ensure_chat_partitions(at_ms bigint, months integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  first_month timestamp := date_trunc('month', to_timestamp(at_ms / 1000.0) AT TIME ZONE 'UTC');
  month timestamp;
  from_ms bigint;
  to_ms bigint;
  suffix text;
  made integer := 0;
BEGIN
  -- Of several that come at once the first makes them, and the others find them made.
  PERFORM pg_advisory_xact_lock(hashtext('ensure_chat_partitions'));
  -- A new partition needs both tables for itself, while everybody else takes them in whatever order. It
  -- gives up before anybody's wait would count as a deadlock (1 s), and nobody is held up for longer.
  PERFORM set_config('lock_timeout', '200ms', true);
  FOR nth IN 0..months LOOP
    month := first_month + make_interval(months => nth);
    from_ms := (extract(epoch FROM month) * 1000)::bigint;
    to_ms := (extract(epoch FROM month + interval '1 month') * 1000)::bigint;
    suffix := to_char(month, '_YYYY_MM');
    CONTINUE WHEN to_regclass('messages' || suffix) IS NOT NULL;
    BEGIN
      EXECUTE format('CREATE TABLE %I PARTITION OF messages FOR VALUES FROM (%L) TO (%L)',
                     'messages' || suffix, uuid_v7_floor(from_ms), uuid_v7_floor(to_ms));
      EXECUTE format('CREATE TABLE %I PARTITION OF conversation_events FOR VALUES FROM (%L) TO (%L)',
                     'conversation_events' || suffix, from_ms, to_ms);
      made := made + 1;
    EXCEPTION
      WHEN lock_not_available OR check_violation THEN NULL;
    END;
  END LOOP;
  RETURN made;
END $$;
SELECT ensure_chat_partitions((extract(epoch FROM now()) * 1000)::bigint, 2);

-- One id, one outcome, for ever: `reply` is the first answer, without anything that was said.
CREATE TABLE conversation_commands (
  conversation_id uuid NOT NULL,
  actor_id        text COLLATE "C" NOT NULL,
  command_id      uuid NOT NULL,
  fingerprint     text NOT NULL,
  reply           json NOT NULL,
  CONSTRAINT conversation_commands_once PRIMARY KEY (conversation_id, actor_id, command_id)
);

-- What a message said before it was edited or deleted, for disputes, until retention ends.
CREATE TABLE message_versions (
  conversation_id uuid NOT NULL,
  message_id      uuid NOT NULL,
  from_ms         bigint NOT NULL,
  to_ms           bigint NOT NULL,
  -- Who changed it.
  actor_id        text COLLATE "C" NOT NULL,
  view            jsonb NOT NULL
);
CREATE INDEX message_versions_of_message ON message_versions (conversation_id, message_id);

-- Messages which a member has deleted for itself.
CREATE TABLE message_hides (
  conversation_id uuid NOT NULL,
  user_id         text COLLATE "C" NOT NULL,
  message_id      uuid NOT NULL,
  PRIMARY KEY (conversation_id, user_id, message_id)
);

CREATE TABLE reactions (
  conversation_id uuid NOT NULL,
  message_id      uuid NOT NULL,
  user_id         text COLLATE "C" NOT NULL,
  emoji           text[] NOT NULL,
  PRIMARY KEY (conversation_id, message_id, user_id)
);

-- The stream as it is told: an event and its message as it is now. OFFSET 0 keeps the look-up one by the
-- message's id: a planner that takes every conversation for a short one would rather read all messages of
-- a long one to join a few.
CREATE VIEW conversation_publications AS
SELECT e.conversation_id, e.seq, e.at_ms, e.type, e.actor_id, e.message_id,
       jsonb_build_object('type', e.type, 'seq', e.seq, 'at', e.at_ms) || e.detail
         || CASE WHEN m.view IS NULL THEN '{}' ELSE jsonb_build_object('message', m.view) END
         AS publication
  FROM conversation_events e
  LEFT JOIN LATERAL (
    SELECT view FROM messages
     WHERE conversation_id = e.conversation_id AND message_id = e.message_id
    OFFSET 0) m ON true;
