// The SQL of every service, in the order in which it must be run: what comes later may refer to what comes
// earlier.
import { join } from 'node:path'
import type { MigrationSource } from './platform/postgres/migrate.ts'

export const migrations: readonly MigrationSource[] = [
  { name: 'platform', folder: join(import.meta.dirname, 'platform', 'sql') },
  { name: 'auction_engine', folder: join(import.meta.dirname, 'auction-engine', 'sql') },
  { name: 'chat_store', folder: join(import.meta.dirname, 'chat-store', 'sql') },
  { name: 'notifier', folder: join(import.meta.dirname, 'notifier', 'sql') },
]
