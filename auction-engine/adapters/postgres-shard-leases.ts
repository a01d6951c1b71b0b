// The leases in PostgreSQL: one statement each, and the database's clock decides what has expired.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { Lease } from '../ports/lot-journal.ts'
import type { ShardLeases } from '../ports/shard-leases.ts'

export interface PostgresShardLeasesOptions {
  readonly pool: Pool
  /** Stable over restarts, and no other engine's: whoever has this name takes its own shards back at once. */
  readonly owner: string
  readonly shardCount: number
  readonly leaseMs: number
}

export function createPostgresShardLeases(options: PostgresShardLeasesOptions): ShardLeases {
  const { pool, owner, shardCount, leaseMs } = options
  return {
    async acquire(held) {
      const { rows } = await pool.query<Lease>({
        name: 'acquire_shards',
        text: acquire,
        values: [owner, leaseMs, shardCount, held],
      })
      return rows
    },
    async renew(leases) {
      const { rows } = await pool.query<Lease>({
        name: 'renew_shards',
        text: renew,
        values: [owner, leaseMs, ...columnsOf(leases)],
      })
      return rows
    },
    async release(leases) {
      await pool.query({
        name: 'release_shards',
        text: release,
        values: [owner, ...columnsOf(leases)],
      })
    },
  }
}

function columnsOf(leases: readonly Lease[]): [number[], number[]] {
  return [leases.map(({ shard }) => shard), leases.map(({ epoch }) => epoch)]
}

const acquire = `
  INSERT INTO shard_leases AS l (shard, owner, epoch, expires_at)
  SELECT shard, $1, 1, clock_timestamp() + $2 * interval '1 ms'
    FROM generate_series(0, $3::int - 1) AS shard
   WHERE shard <> ALL ($4::int[])
   ORDER BY shard
      ON CONFLICT (shard) DO UPDATE SET
           owner = excluded.owner, epoch = l.epoch + 1, expires_at = excluded.expires_at
         WHERE l.owner IS NULL OR l.owner = excluded.owner OR l.expires_at < clock_timestamp()
  RETURNING shard, epoch`

const renew = `
  UPDATE shard_leases l SET expires_at = clock_timestamp() + $2 * interval '1 ms'
    FROM unnest($3::smallint[], $4::bigint[]) AS mine (shard, epoch)
   WHERE l.shard = mine.shard AND l.epoch = mine.epoch AND l.owner = $1
  RETURNING l.shard, l.epoch`

const release = `
  UPDATE shard_leases l SET owner = NULL, expires_at = clock_timestamp()
    FROM unnest($2::smallint[], $3::bigint[]) AS mine (shard, epoch)
   WHERE l.shard = mine.shard AND l.epoch = mine.epoch AND l.owner = $1`
