// The book of conversations on a database of the test's own, empty before each test but for one conversation.
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { createLogger } from '../../platform/log.ts'
import { createPool, type Pool } from '../../platform/postgres/pool.ts'
import {
  type ThrowawayDatabase,
  throwawayDatabase,
} from '../../platform/testing/throwaway-database.ts'
import { VirtualClock } from '../../platform/testing/virtual-clock.ts'
import { createPostgresChatBook } from '../adapters/postgres-chat-book.ts'
import type { ChatBook } from '../ports/chat-book.ts'
import { conversationId, roomId } from './conversations.ts'
import { lotId } from './lots.ts'
import { noonMs } from './people.ts'
import { storeConversation } from './stored-conversations.ts'

const chatTables = `conversations, conversation_members, messages, conversation_events, message_hides,
  message_versions, blocks, chat_settings, attachments, moderation_rules, moderation_cases`

export interface BookOnDatabase {
  readonly book: ChatBook
  readonly pool: Pool
  /** How many queries the book has made. */
  readonly queries: () => number
}

/** Fills `found` before the first test of the file; Ann and Sel are in the one conversation. */
export function chatBookOnDatabase(): BookOnDatabase {
  let database: ThrowawayDatabase
  let queries = 0
  const found: { book?: ChatBook; pool?: Pool } = {}

  beforeAll(async () => {
    database = await throwawayDatabase()
    const pool = createPool(database.url, {
      log: createLogger({ name: 'test', level: 'silent' }),
      applicationName: 'gateway test',
    })
    const counted: Pick<Pool, 'query'> = {
      query: ((...args: Parameters<Pool['query']>) => {
        queries += 1
        return pool.query(...args)
      }) as Pool['query'],
    }
    found.pool = pool
    found.book = createPostgresChatBook(counted as Pool, new VirtualClock(noonMs))
  })
  afterAll(async () => {
    await found.pool?.end()
    await database.drop()
  })
  beforeEach(async () => {
    await there(found.pool).query(`TRUNCATE ${chatTables}`)
    await storeConversation(there(found.pool), {
      conversationId,
      buyerId: 'ann',
      sellerId: 'sel',
    })
  })
  return {
    get book() {
      return there(found.book)
    },
    get pool() {
      return there(found.pool)
    },
    queries: () => queries,
  }
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the database is made before the first test')
  return value
}

/** The room of the open lot, in slow mode. */
export async function storeRoom(pool: Pool): Promise<void> {
  await storeConversation(pool, {
    conversationId: roomId,
    kind: 'room',
    subject: ['lot', lotId],
    sellerId: 'sel',
    slowModeMs: 5_000,
  })
}
