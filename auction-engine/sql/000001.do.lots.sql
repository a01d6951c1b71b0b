-- Lots, their decisions and their events. Amounts are integer minor units; times epoch milliseconds.

-- What a lot is: written by its creation and by updates, never by a bid. `terms` holds the secret
-- reserve and never leaves the engine; `public` is the part of the public view which bids don't move.
CREATE TABLE lots (
  lot_id        uuid PRIMARY KEY,
  shard         smallint NOT NULL,
  seller_id     text NOT NULL,
  terms         jsonb NOT NULL,
  increments    jsonb NOT NULL,
  public        jsonb NOT NULL,
  -- SHA-256 of the rules as they were first published: where the chain of `lot_events.hash` begins.
  rules_hash    bytea NOT NULL,
  created_at_ms bigint NOT NULL
);

-- Where a lot stands: the row that each batch locks, checks and moves. Narrow, half-filled pages and
-- no index on what a bid changes, so that updates stay in their page (HOT).
CREATE TABLE lots_hot (
  lot_id              uuid PRIMARY KEY REFERENCES lots,
  shard               smallint NOT NULL,
  epoch               bigint NOT NULL,
  batch_id            uuid NOT NULL,
  seq                 bigint NOT NULL,
  decision_no         bigint NOT NULL,
  -- Of the newest event, or the rules' before the first.
  hash                bytea NOT NULL,
  state               text NOT NULL,
  round               integer NOT NULL,
  price               bigint,
  leader_id           text,
  leader_alias_no     integer,
  reserve_met         boolean NOT NULL,
  bid_count           bigint NOT NULL,
  bidder_count        bigint NOT NULL,
  starts_at_ms        bigint NOT NULL,
  ends_at_ms          bigint NOT NULL,
  original_ends_at_ms bigint NOT NULL,
  extensions          integer NOT NULL,
  admitted_at_ms      bigint NOT NULL,
  -- How it ended; null while it has not.
  result              jsonb,
  -- The part of the public view which bids move, as of `seq`.
  live                jsonb NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX lots_hot_to_open ON lots_hot (starts_at_ms) WHERE state = 'scheduled';
CREATE INDEX lots_hot_to_close ON lots_hot (ends_at_ms) WHERE state = 'open';

-- Every decision, refusals included: the answer to "I bid and it was swallowed", the memory of
-- idempotency, and the input from which a lot's history can be replayed. `input` is the command as it
-- was asked, `reply` what was answered. The standing columns are the bidder's after the decision, where
-- it changed; the newest per bidder are the lot's standings, and one of maximum 0 was taken back.
--
-- What every bid writes and nobody joins on is `json`, not `jsonb`: checked, but not taken apart. Ids
-- of others are compared byte by byte, whatever the language of the database.
CREATE TABLE lot_decisions (
  lot_id         uuid NOT NULL,
  decision_no    bigint NOT NULL,
  epoch          bigint NOT NULL,
  round          integer NOT NULL,
  actor_id       text COLLATE "C" NOT NULL,
  command_id     text COLLATE "C" NOT NULL,
  command        text NOT NULL,
  input          json NOT NULL,
  outcome        text NOT NULL,
  admitted_at_ms bigint NOT NULL,
  seq            bigint NOT NULL,
  reply          json NOT NULL,
  standing_max   bigint,
  standing_rank  bigint,
  standing_floor bigint,
  alias_no       integer,
  PRIMARY KEY (lot_id, decision_no),
  CONSTRAINT lot_decisions_command_once UNIQUE (lot_id, actor_id, command_id)
);

-- The public history, gap-free per lot. `live` is the moving part of the public view after the event,
-- `detail` the event's own public fields, `private` who is concerned (for the notifier); `hash` chains
-- each event to the one before: SHA-256(previous hash ‖ canonical JSON of the event).
CREATE TABLE lot_events (
  lot_id  uuid NOT NULL,
  seq     bigint NOT NULL,
  epoch   bigint NOT NULL,
  round   integer NOT NULL,
  type    text NOT NULL,
  at_ms   bigint NOT NULL,
  live    json NOT NULL,
  detail  json NOT NULL,
  private json NOT NULL,
  hash    bytea NOT NULL,
  PRIMARY KEY (lot_id, seq)
);

-- What other services may read. The tables above may change; these three keep their columns.

CREATE VIEW lot_states AS
  SELECT l.lot_id, l.seller_id, h.state, h.seq, h.leader_id, l.public || h.live AS view
    FROM lots l JOIN lots_hot h USING (lot_id);

CREATE VIEW lot_publications AS
  SELECT e.lot_id, e.seq, e.type, e.at_ms,
         jsonb_build_object('type', e.type, 'lot', l.public || e.live::jsonb) || e.detail::jsonb
           AS publication,
         e.private::jsonb AS private
    FROM lot_events e JOIN lots l USING (lot_id);

-- One row per bidder with a standing bid.
CREATE VIEW lot_standings AS
  SELECT lot_id, bidder_id, max, rank, floor, alias_no
    FROM (SELECT DISTINCT ON (d.lot_id, d.actor_id)
                 d.lot_id, d.actor_id AS bidder_id, d.standing_max AS max, d.standing_rank AS rank,
                 d.standing_floor AS floor, d.alias_no
            FROM lot_decisions d
           WHERE d.standing_max IS NOT NULL
           ORDER BY d.lot_id, d.actor_id, d.decision_no DESC) AS newest
   WHERE max > 0;
