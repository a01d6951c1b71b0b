// The leases in PostgreSQL: one statement each, and the database's clock decides what has expired.
import type { Pool } from '../../platform/postgres/pool.ts'
import type { Lease } from '../ports/lot-journal.ts'
import type { FormerOwner, ShardLeases, TakenShard } from '../ports/shard-leases.ts'

export interface PostgresShardLeasesOptions {
  readonly pool: Pool
  /** No other engine's: whoever has this name takes its own shards back at once. */
  readonly owner: string
  readonly shardCount: number
  readonly leaseMs: number
}

interface TakenRow extends Lease {
  readonly from: FormerOwner
  readonly away_ms: number | null
}

export function createPostgresShardLeases(options: PostgresShardLeasesOptions): ShardLeases {
  const { pool, owner, shardCount, leaseMs } = options
  return {
    async acquire(held, { shardsMax = shardCount, freeForMs = 0 } = {}) {
      const { rows } = await pool.query<TakenRow>({
        name: 'acquire_shards',
        text: acquire,
        values: [owner, leaseMs, shardCount, held, shardsMax, freeForMs],
      })
      return rows.map(
        ({ shard, epoch, from, away_ms: awayMs }): TakenShard => ({
          shard,
          epoch,
          from,
          // Two clocks are not compared here, but the database's may have been set back.
          awayMs: awayMs === null ? undefined : Math.max(0, awayMs),
        }),
      )
    },
    async renew(leases, unserved = []) {
      const { rows } = await pool.query<Lease>({
        name: 'renew_shards',
        text: renew,
        values: [owner, leaseMs, ...columnsOf(leases), unserved],
      })
      return rows
    },
    async release(leases, servedAgoMs) {
      await pool.query({
        name: 'release_shards',
        text: release,
        values: [owner, ...columnsOf(leases), servedAgoMs ?? null],
      })
    },
    async attend(forMs) {
      const { rows } = await pool.query<{ others: number }>({
        name: 'attend_engine',
        text: attend,
        values: [owner, forMs],
      })
      return 1 + (rows[0]?.others ?? 0)
    },
    async leave() {
      const { rows } = await pool.query<{ others: number }>({
        name: 'leave_engine',
        text: leave,
        values: [owner],
      })
      return rows[0]?.others ?? 0
    },
  }
}

function columnsOf(leases: readonly Lease[]): [number[], number[]] {
  return [leases.map(({ shard }) => shard), leases.map(({ epoch }) => epoch)]
}

// Skipping what is locked: engines that look for shards at the same time find different ones.
const acquire = `
  WITH free AS (
    SELECT shard, owner, epoch, served_at FROM shard_leases
     WHERE shard < $3 AND shard <> ALL ($4::smallint[])
       AND (owner = $1
            OR (owner IS NULL OR expires_at < clock_timestamp())
               AND expires_at <= clock_timestamp() - $6 * interval '1 ms')
     ORDER BY shard LIMIT $5 FOR UPDATE SKIP LOCKED
  )
  UPDATE shard_leases l
     SET owner = $1, epoch = l.epoch + 1,
         expires_at = clock_timestamp() + $2 * interval '1 ms'
    FROM free f WHERE l.shard = f.shard
  RETURNING l.shard, l.epoch,
            CASE WHEN f.owner = $1 THEN 'itself' WHEN f.owner IS NOT NULL THEN 'lapsed'
                 WHEN f.epoch = 0 THEN 'nobody' ELSE 'given_up' END AS "from",
            (extract(epoch FROM clock_timestamp() - f.served_at) * 1000)::float8 AS away_ms`

const renew = `
  UPDATE shard_leases l
     SET expires_at = clock_timestamp() + $2 * interval '1 ms',
         served_at = CASE WHEN l.shard = ANY ($5::smallint[]) THEN l.served_at
                          ELSE clock_timestamp() END
    FROM unnest($3::smallint[], $4::bigint[]) AS mine (shard, epoch)
   WHERE l.shard = mine.shard AND l.epoch = mine.epoch AND l.owner = $1
  RETURNING l.shard, l.epoch`

const release = `
  UPDATE shard_leases l
     SET owner = NULL, expires_at = clock_timestamp(),
         served_at = coalesce(clock_timestamp() - $4::float8 * interval '1 ms', l.served_at)
    FROM unnest($2::smallint[], $3::bigint[]) AS mine (shard, epoch)
   WHERE l.shard = mine.shard AND l.epoch = mine.epoch AND l.owner = $1`

const attend = `
  WITH me AS (
    INSERT INTO auction_engines AS e (name, expires_at)
    VALUES ($1, clock_timestamp() + $2 * interval '1 ms')
        ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at
  ), forgotten AS (
    DELETE FROM auction_engines
     WHERE name <> $1 AND expires_at < clock_timestamp() - interval '1 hour'
  )
  SELECT count(*)::int AS others FROM auction_engines
   WHERE name <> $1 AND expires_at > clock_timestamp()`

const leave = `
  WITH me AS (DELETE FROM auction_engines WHERE name = $1)
  SELECT count(*)::int AS others FROM auction_engines
   WHERE name <> $1 AND expires_at > clock_timestamp()`
