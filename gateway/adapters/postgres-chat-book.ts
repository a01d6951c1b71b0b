// The book of conversations, put together from what is read of each noun.
import type { Clock } from '../../platform/clock.ts'
import type { Pool } from '../../platform/postgres/pool.ts'
import type { ChatBook } from '../ports/chat-book.ts'
import { createConversationReads } from './postgres-chat-conversations.ts'
import { createMessageReads } from './postgres-chat-messages.ts'
import { createModerationReads } from './postgres-chat-moderation.ts'
import { createPeopleReads } from './postgres-chat-people.ts'
import { searchMessages } from './postgres-chat-search.ts'

export function createPostgresChatBook(pool: Pool, clock: Clock): ChatBook {
  return {
    ...createConversationReads(pool),
    ...createMessageReads(pool),
    ...createPeopleReads(pool, () => clock.nowMs()),
    ...createModerationReads(pool),
    search: (userId, page) => searchMessages(pool, clock.nowMs(), userId, page),
  }
}
