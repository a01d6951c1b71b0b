-- Makes one batch of decisions true, in one call: per lot everything or nothing.
--
-- Parameters are parallel arrays, one family each:
--   hot_…      the lots of the batch: where each is expected to stand, and where it stands afterwards
--   rules_…    lots that were created or whose rules changed
--   decision_… every decision
--   event_…    every public event
--
-- Returns one row per lot, in the order given:
--   ok        written; `outbox_id` is the row left for its events, if it had any
--   already   this very batch was written before (its answer was lost)
--   fenced    the shard has a newer owner; nothing of this lot was written
--   conflict  the lot does not stand where it was expected; nothing of it was written
--
-- Raises unique_violation of `lot_decisions_command_once`, and writes nothing at all, where one of the
-- commands was decided before: the caller learns the first answers and decides again.
CREATE FUNCTION commit_lot_batch(
  batch uuid, now_ms bigint,
  hot_lot uuid[], hot_shard smallint[], hot_epoch bigint[], hot_seq_before bigint[],
  hot_decision_no_before bigint[], hot_seq bigint[], hot_decision_no bigint[], hot_hash bytea[],
  hot_state text[], hot_round integer[], hot_price bigint[], hot_leader text[],
  hot_leader_alias_no integer[], hot_reserve_met boolean[], hot_bid_count bigint[],
  hot_bidder_count bigint[], hot_starts_at_ms bigint[], hot_ends_at_ms bigint[],
  hot_original_ends_at_ms bigint[], hot_extensions integer[], hot_admitted_at_ms bigint[],
  hot_result jsonb[], hot_live jsonb[],
  rules_lot uuid[], rules_shard smallint[], rules_seller text[], rules_terms jsonb[],
  rules_increments jsonb[], rules_public jsonb[], rules_hash bytea[],
  decision_lot uuid[], decision_no bigint[], decision_epoch bigint[], decision_round integer[],
  decision_actor text[], decision_command_id text[], decision_command text[], decision_input json[],
  decision_outcome text[], decision_admitted_at_ms bigint[], decision_seq bigint[],
  decision_reply json[], decision_max bigint[], decision_rank bigint[], decision_floor bigint[],
  decision_alias_no integer[],
  event_lot uuid[], event_seq bigint[], event_epoch bigint[], event_round integer[], event_type text[],
  event_at_ms bigint[], event_live json[], event_detail json[], event_private json[], event_hash bytea[]
) RETURNS TABLE (status text, outbox_id bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  statuses text[];
  -- The lots whose status is ok.
  written uuid[];
BEGIN
  -- Always in the same order, so two batches can not wait for each other. From here on a new owner
  -- that claims one of these lots waits for this transaction, or this one sees the new epoch.
  PERFORM FROM lots_hot h WHERE h.lot_id = ANY (hot_lot) ORDER BY h.lot_id FOR UPDATE;

  WITH judged AS (
    SELECT b.lot_id, b.place,
           CASE WHEN h.batch_id = batch THEN 'already'
                WHEN l.epoch IS DISTINCT FROM b.epoch OR h.epoch > b.epoch THEN 'fenced'
                WHEN coalesce(h.seq, 0) <> b.seq OR coalesce(h.decision_no, 0) <> b.no THEN 'conflict'
                ELSE 'ok' END AS status
      FROM unnest(hot_lot, hot_shard, hot_epoch, hot_seq_before, hot_decision_no_before)
             WITH ORDINALITY AS b (lot_id, shard, epoch, seq, no, place)
      LEFT JOIN lots_hot h ON h.lot_id = b.lot_id
      LEFT JOIN shard_leases l ON l.shard = b.shard
  )
  SELECT array_agg(status ORDER BY place), array_agg(lot_id) FILTER (WHERE status = 'ok')
    INTO statuses, written FROM judged;

  INSERT INTO lots
         (lot_id, shard, seller_id, terms, increments, public, rules_hash, created_at_ms)
  SELECT r.*, now_ms
    FROM unnest(rules_lot, rules_shard, rules_seller, rules_terms, rules_increments, rules_public,
                rules_hash)
           AS r (lot_id, shard, seller_id, terms, increments, public, rules_hash)
   WHERE r.lot_id = ANY (written)
      ON CONFLICT (lot_id) DO UPDATE SET
           terms = excluded.terms, increments = excluded.increments, public = excluded.public,
           rules_hash = excluded.rules_hash;

  INSERT INTO lots_hot AS h
         (lot_id, shard, epoch, seq, decision_no, hash, state, round, price, leader_id,
          leader_alias_no, reserve_met, bid_count, bidder_count, starts_at_ms, ends_at_ms,
          original_ends_at_ms, extensions, admitted_at_ms, result, live, batch_id)
  SELECT b.*, batch
    FROM unnest(hot_lot, hot_shard, hot_epoch, hot_seq, hot_decision_no, hot_hash, hot_state,
                hot_round, hot_price, hot_leader, hot_leader_alias_no, hot_reserve_met,
                hot_bid_count, hot_bidder_count, hot_starts_at_ms, hot_ends_at_ms,
                hot_original_ends_at_ms, hot_extensions, hot_admitted_at_ms, hot_result, hot_live)
           AS b (lot_id)
   WHERE b.lot_id = ANY (written)
      ON CONFLICT (lot_id) DO UPDATE SET
           epoch = excluded.epoch, batch_id = excluded.batch_id, seq = excluded.seq,
           decision_no = excluded.decision_no, hash = excluded.hash, state = excluded.state,
           round = excluded.round, price = excluded.price, leader_id = excluded.leader_id,
           leader_alias_no = excluded.leader_alias_no, reserve_met = excluded.reserve_met,
           bid_count = excluded.bid_count, bidder_count = excluded.bidder_count,
           starts_at_ms = excluded.starts_at_ms, ends_at_ms = excluded.ends_at_ms,
           original_ends_at_ms = excluded.original_ends_at_ms, extensions = excluded.extensions,
           admitted_at_ms = excluded.admitted_at_ms, result = excluded.result, live = excluded.live;

  INSERT INTO lot_decisions
         (lot_id, decision_no, epoch, round, actor_id, command_id, command, input, outcome,
          admitted_at_ms, seq, reply, standing_max, standing_rank, standing_floor, alias_no)
  SELECT d.*
    FROM unnest(decision_lot, decision_no, decision_epoch, decision_round, decision_actor,
                decision_command_id, decision_command, decision_input, decision_outcome,
                decision_admitted_at_ms, decision_seq, decision_reply, decision_max, decision_rank,
                decision_floor, decision_alias_no)
           AS d (lot_id)
   WHERE d.lot_id = ANY (written);

  INSERT INTO lot_events (lot_id, seq, epoch, round, type, at_ms, live, detail, private, hash)
  SELECT e.*
    FROM unnest(event_lot, event_seq, event_epoch, event_round, event_type, event_at_ms, event_live,
                event_detail, event_private, event_hash)
           AS e (lot_id)
   WHERE e.lot_id = ANY (written);

  RETURN QUERY
  WITH told AS (
    INSERT INTO outbox AS o (source, aggregate_id, epoch, from_seq, to_seq, created_at_ms)
    SELECT 'lot', b.lot_id, b.epoch, b.seq_before + 1, b.seq, now_ms
      FROM unnest(hot_lot, hot_epoch, hot_seq_before, hot_seq) AS b (lot_id, epoch, seq_before, seq)
     WHERE b.seq > b.seq_before AND b.lot_id = ANY (written)
    RETURNING o.id, o.aggregate_id
  )
  SELECT b.status, told.id
    FROM unnest(hot_lot, statuses) WITH ORDINALITY AS b (lot_id, status, place)
    LEFT JOIN told ON told.aggregate_id = b.lot_id
   ORDER BY b.place;
END $$;
