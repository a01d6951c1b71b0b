-- The durable feed of each user.
CREATE TABLE user_streams (
  user_id  text PRIMARY KEY,
  last_seq bigint NOT NULL
);

-- Exactly once: a cause (source, aggregate, its seq) tells a user of one type one time, whoever derives it
-- and however often.
CREATE TABLE notifications (
  user_id      text NOT NULL,
  seq          bigint NOT NULL,
  type         text NOT NULL,
  at_ms        bigint NOT NULL,
  source       text NOT NULL,
  aggregate_id uuid NOT NULL,
  source_seq   bigint NOT NULL,
  data         jsonb NOT NULL,
  PRIMARY KEY (user_id, seq),
  UNIQUE (source, aggregate_id, source_seq, user_id, type)
);
