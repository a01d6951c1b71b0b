-- What several engines need to share the shards: every shard as a row from the beginning, since when a
-- shard has been without anybody who decides, and which engines are there.

ALTER TABLE shard_leases
  -- When somebody last said that it decides for the shard's lots; null where nobody ever did. A lease
  -- alone does not count: whoever dies while it brings the lots into memory has decided nothing.
  ADD COLUMN served_at timestamptz;

INSERT INTO shard_leases (shard, owner, epoch, expires_at)
SELECT shard, NULL, 0, clock_timestamp() FROM generate_series(0, 255) AS shard
    ON CONFLICT (shard) DO NOTHING;

-- The engines that are there, by the name under which each holds shards: as many as have not expired
-- share the shards among them.
CREATE TABLE auction_engines (
  name       text PRIMARY KEY,
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);
