-- What is kept of users, uploads and moderation.

CREATE TABLE blocks (
  blocker_id text COLLATE "C" NOT NULL,
  blocked_id text COLLATE "C" NOT NULL,
  at_ms      bigint NOT NULL,
  PRIMARY KEY (blocker_id, blocked_id)
);
CREATE INDEX blocks_of_blocked ON blocks (blocked_id);

CREATE TABLE chat_settings (
  user_id           text COLLATE "C" PRIMARY KEY,
  hide_read_marks   boolean NOT NULL DEFAULT false,
  -- By a moderator, everywhere.
  silenced_until_ms bigint
);

-- `pending` until its bytes were looked at; then `ready`, or `refused` with the code of the refusal.
CREATE TABLE attachments (
  attachment_id   uuid PRIMARY KEY,
  conversation_id uuid NOT NULL,
  owner_id        text COLLATE "C" NOT NULL,
  file_name       text NOT NULL,
  content_type    text NOT NULL,
  bytes           bigint NOT NULL,
  state           text NOT NULL CHECK (state IN ('pending', 'ready', 'refused')),
  refusal         text,
  created_at_ms   bigint NOT NULL,
  -- Set when a message that holds it is committed; uploads that nobody sent are swept away.
  message_id      uuid
);
CREATE INDEX attachments_unsent ON attachments (created_at_ms) WHERE message_id IS NULL;

-- `rule` is `ModerationRule` of protocol/moderation.ts.
CREATE TABLE moderation_rules (
  position integer PRIMARY KEY,
  rule     jsonb NOT NULL
);

CREATE TABLE moderation_cases (
  case_id         uuid PRIMARY KEY,
  kind            text NOT NULL CHECK (kind IN ('held', 'report')),
  conversation_id uuid NOT NULL,
  message_id      uuid,
  opened_at_ms    bigint NOT NULL,
  reported_by     text COLLATE "C",
  reason          text,
  note            text,
  rules           text[] NOT NULL DEFAULT '{}',
  decision        text,
  decided_by      text COLLATE "C",
  decided_at_ms   bigint
);
CREATE INDEX moderation_queue ON moderation_cases (opened_at_ms, case_id) WHERE decision IS NULL;

-- Who did what to whom, when: append only.
CREATE TABLE moderation_log (
  entry_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at_ms           bigint NOT NULL,
  moderator_id    text COLLATE "C" NOT NULL,
  action          text NOT NULL,
  conversation_id uuid,
  case_id         uuid,
  user_id         text COLLATE "C",
  detail          jsonb NOT NULL
);

-- Users whose words are to be erased; `done_at_ms` is set when nothing is left.
CREATE TABLE erasures (
  user_id         text COLLATE "C" PRIMARY KEY,
  requested_by    text COLLATE "C" NOT NULL,
  requested_at_ms bigint NOT NULL,
  done_at_ms      bigint
);
CREATE INDEX erasures_to_do ON erasures (requested_at_ms) WHERE done_at_ms IS NULL;
