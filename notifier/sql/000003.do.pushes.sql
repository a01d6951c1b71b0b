-- What was pushed to whom, and who does the work that waits. The jobs themselves are in the tables of the
-- job library (schema `graphile_worker`), which it brings itself.

-- One row for each notification and device that came to an end other than being passed over; kept two days.
-- What stands here is not pushed again.
CREATE TABLE push_sends (
  user_id         text COLLATE "C" NOT NULL,
  device_id       text COLLATE "C" NOT NULL,
  seq             bigint NOT NULL,
  -- accepted: by the push service. waits: for the next digest; digested: told in one.
  -- undeliverable: no push service is configured.
  state           text NOT NULL CHECK (state IN ('accepted', 'waits', 'digested', 'undeliverable')),
  type            text NOT NULL,
  conversation_id uuid,
  message_seq     bigint,
  -- Under which the device shows it.
  tag             text,
  at_ms           bigint NOT NULL,
  -- Whether the device was told to show it no longer.
  cleared         boolean NOT NULL DEFAULT false,
  PRIMARY KEY (user_id, device_id, seq)
);
CREATE INDEX push_sends_by_device_age ON push_sends (user_id, device_id, at_ms);
CREATE INDEX push_sends_by_age ON push_sends (at_ms);
-- What devices may still show.
CREATE INDEX push_sends_shown ON push_sends (user_id, device_id)
 WHERE NOT cleared AND state IN ('accepted', 'digested');

-- Lots whose bidders were told that it ends soon.
CREATE TABLE lot_endings (
  lot_id     uuid PRIMARY KEY,
  ends_at_ms bigint NOT NULL
);
CREATE INDEX lot_endings_by_age ON lot_endings (ends_at_ms);

-- Each worker that may have jobs locked. While it lives, a connection of its own holds the advisory lock of
-- its id; whoever finds that lock free lets go of the worker's jobs and removes the row.
CREATE TABLE job_workers (
  worker_id  text COLLATE "C" PRIMARY KEY,
  started_at timestamptz NOT NULL DEFAULT now()
);
