-- Who owns which lots. A shard has one owner at a time; its epoch is the fencing token, which grows with
-- every taking and never falls, so whoever holds a lower one is stale. Rows are renewed each second:
-- half-filled pages keep the renewals in their page.
CREATE TABLE shard_leases (
  shard      smallint PRIMARY KEY,
  -- Null where the last owner let go.
  owner      text,
  epoch      bigint NOT NULL,
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Puts the owner's epoch on lots it is about to load. Rows are locked in the order of `commit_lot_batch`;
-- a batch of a former owner that is under way is waited for and seen, a later one will find itself fenced.
-- Returns the lots that exist; `claimed` is false where the shard has a newer owner than `epoch` says.
CREATE FUNCTION claim_lots(claim_lot uuid[], claim_epoch bigint[])
RETURNS TABLE (lot uuid, claimed boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM FROM lots_hot h WHERE h.lot_id = ANY (claim_lot) ORDER BY h.lot_id FOR UPDATE;

  RETURN QUERY
  WITH wanted AS (
    SELECT h.lot_id, c.epoch, h.epoch <= c.epoch AND l.epoch = c.epoch AS allowed
      FROM unnest(claim_lot, claim_epoch) AS c (lot_id, epoch)
      JOIN lots_hot h ON h.lot_id = c.lot_id
      JOIN shard_leases l ON l.shard = h.shard
  ), taken AS (
    UPDATE lots_hot h SET epoch = w.epoch
      FROM wanted w WHERE w.lot_id = h.lot_id AND w.allowed AND h.epoch < w.epoch
  )
  SELECT w.lot_id, w.allowed FROM wanted w;
END $$;
