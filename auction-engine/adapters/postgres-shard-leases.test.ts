import { createLogger } from '../../platform/log.ts'
import { createPool } from '../../platform/postgres/pool.ts'
import { throwawayDatabase } from '../../platform/testing/throwaway-database.ts'
import { shardCount } from '../../protocol/subjects.ts'
import { describeShardLeases } from '../ports/shard-leases.contract.ts'
import { createPostgresShardLeases } from './postgres-shard-leases.ts'

const log = createLogger({ name: 'test', level: 'silent' })

describeShardLeases('PostgreSQL', async () => {
  const database = await throwawayDatabase()
  const pool = createPool(database.url, { log, applicationName: 'leases test' })
  const leases = (owner: string) =>
    createPostgresShardLeases({ pool, owner, shardCount, leaseMs: 60_000 })
  return {
    first: leases('first'),
    second: leases('second'),
    third: leases('third'),
    expireLeases: async () => {
      await pool.query(`UPDATE shard_leases SET expires_at = now() - interval '1 ms'`)
    },
    close: async () => {
      await pool.end()
      await database.drop()
    },
  }
})
