import { createLogger } from '../../platform/log.ts'
import { createPool } from '../../platform/postgres/pool.ts'
import { throwawayDatabase } from '../../platform/testing/throwaway-database.ts'
import { shardCount } from '../../protocol/subjects.ts'
import { describeJournal } from '../ports/lot-journal.contract.ts'
import { createPostgresLotJournal } from './postgres-lot-journal.ts'
import { createPostgresShardLeases } from './postgres-shard-leases.ts'

const log = createLogger({ name: 'test', level: 'silent' })

describeJournal('PostgreSQL', async () => {
  const database = await throwawayDatabase()
  const pool = createPool(database.url, { log, applicationName: 'journal test' })
  const owner = (name: string) => ({
    journal: createPostgresLotJournal(pool),
    leases: createPostgresShardLeases({ pool, owner: name, shardCount, leaseMs: 60_000 }),
  })
  const first = owner('first')
  const second = owner('second')
  return {
    first,
    second,
    expireLeases: async () => {
      await pool.query(`UPDATE shard_leases SET expires_at = now() - interval '1 ms'`)
    },
    close: async () => {
      await Promise.all([first.journal.close(), second.journal.close()])
      await pool.end()
      await database.drop()
    },
  }
})
