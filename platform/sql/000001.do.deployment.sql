-- What every service shares: the epoch of this database's streams, and the outbox.

-- One row. A client's position is (epoch, offset); the epoch says which history the offset counts in.
-- It is made with the database, so a stream read from another database (or a restored one, whose
-- operator gives it a new epoch) is never mistaken for this one.
CREATE TABLE deployment (
  only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  stream_epoch text NOT NULL DEFAULT substr(md5(gen_random_uuid()::text), 1, 8)
);
INSERT INTO deployment DEFAULT VALUES;

-- One row per committed batch and aggregate, written in the batch's own transaction. The events
-- themselves stay in their log; this says which of them are still to be told. `published` is set by
-- the owner after its fast path or by the relay; `notified` by the notifier, in the transaction that
-- stores what it derived. A row with both is deleted by the janitor.
CREATE TABLE outbox (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source        text NOT NULL CHECK (source IN ('lot', 'conversation')),
  aggregate_id  uuid NOT NULL,
  epoch         bigint NOT NULL,
  from_seq      bigint NOT NULL,
  to_seq        bigint NOT NULL CHECK (to_seq >= from_seq),
  created_at_ms bigint NOT NULL,
  published     boolean NOT NULL DEFAULT false,
  notified      boolean NOT NULL DEFAULT false
);
CREATE INDEX outbox_to_publish ON outbox (id) WHERE NOT published;
CREATE INDEX outbox_to_notify ON outbox (id) WHERE NOT notified;
