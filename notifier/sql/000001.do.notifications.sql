-- The durable feed of each user.

-- How far each feed has come. Its row is the lock under which a feed grows, so its seqs have no gap
-- and become visible in their order, whoever writes.
CREATE TABLE user_streams (
  user_id  text COLLATE "C" PRIMARY KEY,
  last_seq bigint NOT NULL
);

-- Exactly once: a cause (source, aggregate, its seq) tells a user of one type one time, whoever derives it
-- and however often. `data` is the notification as it is on the wire, without seq, type and at.
CREATE TABLE notifications (
  user_id      text COLLATE "C" NOT NULL,
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

-- Commits whose log could not be understood: they are left aside, so that they hold nobody else up,
-- and kept here for an operator, since the outbox forgets them.
CREATE TABLE underivable_commits (
  outbox_id    bigint PRIMARY KEY,
  source       text NOT NULL,
  aggregate_id uuid NOT NULL,
  from_seq     bigint NOT NULL,
  to_seq       bigint NOT NULL,
  fault        text NOT NULL,
  found_at     timestamptz NOT NULL DEFAULT now()
);
